"""A question asked before in other words: what is alike, what forbids it, and from where on it holds."""
