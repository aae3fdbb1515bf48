"""When an item is settled, when a second person must grade it, when a third one decides (pure).

A value is a grade as a share, 0..1: fail and pass are 0 and 1, one to five are 0, .25, .5, .75 and 1.
"""

from collections.abc import Sequence
from enum import StrEnum

PASS_AT = 0.75  # 4 of 5: what may be sent, perhaps with a small edit
APART = 0.5  # two steps of the scale of five


class Step(StrEnum):
    """What an item needs next."""

    WAIT = "wait"  # for those who are still to grade
    SECOND = "second"  # one more, who does not know why
    ADJUDICATE = "adjudicate"  # a person who has not graded it
    DONE = "done"


def passes(value: float) -> bool:
    return value >= PASS_AT


def differ(values: Sequence[float]) -> bool:
    """Whether people said things that a third one must decide: pass beside fail, or two steps apart."""
    if not values:
        return False
    return passes(min(values)) != passes(max(values)) or max(values) - min(values) >= APART


def next_step(
    *, grades: Sequence[float], missing: int, adjudicated: bool, judged: bool | None, compared: bool = False
) -> Step:
    """What comes after a grade.

    `grades`: those of the item's ordinary seats; `missing`: such seats without one; `judged`: what a judge
    said, if one did; `compared`: nothing is decided, as in a calibration round and of a gold probe.
    """
    if missing or not grades:
        return Step.WAIT
    if compared or adjudicated:
        return Step.DONE
    if differ(grades):
        return Step.ADJUDICATE
    if len(grades) == 1 and judged is not None and judged != passes(grades[0]):
        return Step.SECOND
    return Step.DONE


def final(grades: Sequence[float], decided: float | None) -> float | None:
    """What people say of an item: the third person's word where there is one, else the mean of the others."""
    if decided is not None:
        return decided
    return sum(grades) / len(grades) if grades else None
