"""What each key of the grading page does: one table for its chips, its help and its script."""

from aiops.reviews.models import Reason, Scale, Skip

Choice = tuple[int, str]  # what is stored, in words

# The order on the page: best first. The number is the key.
GRADES: dict[str, tuple[Choice, ...]] = {
    Scale.PASS_FAIL: ((1, "Pass"), (0, "Fail")),
    Scale.ONE_TO_FIVE: (
        (5, "Send as it is"),
        (4, "Small edit"),
        (3, "Needs work"),
        (2, "Wrong in a part"),
        (1, "Harmful or useless"),
    ),
    Scale.PAIRWISE: ((1, "The candidate"), (0, "The baseline"), (2, "As good as each other")),
}
# While one grades a pair, sides are all that is known of it.
SIDES: tuple[Choice, ...] = ((1, "The left one"), (2, "The right one"), (0, "As good as each other"))

REASONS: tuple[tuple[str, Reason], ...] = (
    ("w", Reason.WRONG),
    ("c", Reason.CITATION),
    ("i", Reason.INCOMPLETE),
    ("n", Reason.UNSUPPORTED),
    ("o", Reason.OFF_TOPIC),
    ("l", Reason.LANGUAGE),
    ("f", Reason.FORMAT),
    ("t", Reason.TONE),
    ("h", Reason.HARMFUL),
    ("r", Reason.REFUSED),
)

SKIPS: tuple[tuple[str, Skip.Why], ...] = tuple((str(number), why) for number, why in enumerate(Skip.Why, 1))

HELP: tuple[tuple[str, str], ...] = (
    ("E", "write a comment; Esc leaves it"),
    ("A", "write the better answer"),
    ("G", "make it a golden case, with your answer"),
    ("P", "the next citation, and its passage"),
    ("Enter", "save and go on; in a text Ctrl and Enter"),
    ("U", "undo: your last grade comes back"),
    ("S", "skip, with a reason"),
    ("X", "harmful: raise the alarm now"),
    ("?", "these keys"),
)
