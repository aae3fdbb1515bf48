"""Pages of the catalog: providers, models, and price lists."""
