"""Pages of reviews and of what is in production."""
