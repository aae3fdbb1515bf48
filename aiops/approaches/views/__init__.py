"""Pages of approaches that are no prompts."""
