"""The playground: a version or a draft of a prompt, on up to three models side by side, while one waits.

`desk` is what lies in front of the person, `asking` makes requests of it and says what they cost at most,
`streaming` has them answered in one thread, `recording` keeps each call.
"""
