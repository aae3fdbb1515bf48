"""Pages of flags, stops and change requests."""
