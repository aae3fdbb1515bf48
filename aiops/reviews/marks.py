"""A grade as the database keeps it, made of what a person chose (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiops.core.errors import InvalidInput
from aiops.reviews.models import Reason, Scale
from aiops.reviews.settling import passes

MOST = 100_000  # characters of a corrected output
MOST_COMMENT = 5_000
_VALUES = {
    Scale.PASS_FAIL: {0: 0.0, 1: 1.0},
    Scale.ONE_TO_FIVE: {raw: (raw - 1) / 4 for raw in range(1, 6)},
    Scale.PAIRWISE: {0: 0.0, 1: 1.0, 2: 0.5},
}


@dataclass(frozen=True, slots=True)
class Mark:
    """What a person says of an output: 0 or 1, or 1 to 5, and why."""

    raw: int
    reasons: tuple[str, ...] = ()
    comment: str = ""
    corrected_output: str = ""


def checked(
    scale: str, raw: int, reasons: Iterable[str] = (), comment: str = "", corrected_output: str = ""
) -> Mark:
    """What was sent, as a mark on `scale`; each reason once. InvalidInput says what is off."""
    if raw not in _VALUES[Scale(scale)]:
        raise InvalidInput(f"{raw} is no grade here: {Scale(scale).label.lower()}.")
    given = set(reasons)
    if unknown := given - set(Reason.values):
        raise InvalidInput(f"There is no reason “{min(unknown)}”.")
    comment, corrected = comment.replace("\0", "").strip(), corrected_output.replace("\0", "")
    if len(comment) > MOST_COMMENT:
        raise InvalidInput(f"The comment has {len(comment):,} characters, at most {MOST_COMMENT:,}.")
    if len(corrected) > MOST:
        raise InvalidInput(f"The better answer has {len(corrected):,} characters, at most {MOST:,}.")
    kept = tuple(reason for reason in Reason.values if reason in given)
    return Mark(raw, kept, comment, corrected if corrected.strip() else "")


def columns(scale: str, mark: Mark) -> dict[str, Any]:
    """The columns of a `Grade` that say the mark."""
    value = _VALUES[Scale(scale)][mark.raw]
    return {
        "scale": scale,
        "raw": mark.raw,
        "value": value,
        "passed": passes(value),
        "reasons": list(mark.reasons),
        "comment": mark.comment,
        "corrected_output": mark.corrected_output,
    }
