"""What callers can ask for: one file for each kind of thing. Each endpoint reads, asks once, and writes."""
