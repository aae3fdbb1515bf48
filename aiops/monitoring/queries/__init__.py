"""Named questions about what is watched. Nothing here writes."""
