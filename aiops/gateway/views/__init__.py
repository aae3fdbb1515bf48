"""Pages about what the gateway did."""
