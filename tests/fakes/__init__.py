"""Stand-ins that are real enough: a model server over real sockets."""
