"""What can be told of a text without a model: its words, language, numbers, a refusal, a query. Pure."""
