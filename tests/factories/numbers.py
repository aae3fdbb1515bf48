"""Numbers that differ from call to call, for unique names."""

from itertools import count

_numbers = count(1)


def number() -> int:
    return next(_numbers)
