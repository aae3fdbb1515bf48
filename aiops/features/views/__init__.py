"""Pages of features, of their policies, and of the keys that call them."""
