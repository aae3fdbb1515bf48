"""Which of two answers stands left: drawn by the token of the seat, anew with each claim (pure).

So page and answer agree without a word on the page, and anybody can tell later which side was which.
"""

import uuid

CANDIDATE, BASELINE, TIE = 1, 0, 2  # as a grade keeps it
LEFT, RIGHT, NEITHER = 1, 2, 0  # as the keys say it


def is_swapped(token: uuid.UUID) -> bool:
    """Whether the baseline's answer stands left; so for half of all tokens."""
    return bool(token.int & 1)


def stored(position: int, token: uuid.UUID) -> int:
    """What to keep where `position` was chosen; what is no position stays, and is refused as no grade."""
    if position == NEITHER:
        return TIE
    if position not in {LEFT, RIGHT}:
        return -1
    return CANDIDATE if (position == LEFT) != is_swapped(token) else BASELINE


def position(raw: int, token: uuid.UUID) -> int:
    """The side on which what was kept stands on this page."""
    if raw == TIE:
        return NEITHER
    return LEFT if (raw == CANDIDATE) != is_swapped(token) else RIGHT
