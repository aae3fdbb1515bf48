"""What is watched. A signal more is a line more."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    RATE = "rate"  # a share of the calls
    MIX = "mix"  # a distribution over names
    VALUE = "value"  # a number of each call
    VECTORS = "vectors"  # what the texts are about


@dataclass(frozen=True, slots=True)
class Signal:
    """`harm` 1: more is worse, -1: less is worse. `of_output`: a deploy restarts its reference."""

    name: str
    label: str
    kind: Kind
    of_output: bool
    unit: str = ""
    harm: int = 0
    about: str = ""


SIGNALS: tuple[Signal, ...] = (
    Signal("topics", "Topics asked", Kind.MIX, of_output=False, about="Calls by category."),
    Signal("languages", "Languages asked", Kind.MIX, of_output=False, about="Calls by locale."),
    Signal(
        "input_length", "Length of inputs", Kind.VALUE, of_output=False, unit="characters",
        about="Geometric mean.",
    ),
    Signal(
        "input_meaning", "Words of inputs", Kind.VECTORS, of_output=False,
        about="Distance of hashed word parts: lexical, it knows no synonyms.",
    ),
    Signal(
        "wrong_language", "Wrong language", Kind.RATE, of_output=True, harm=1,
        about="Answers in another language than the call's locale; too short ones are left out.",
    ),
    Signal(
        "refusals", "Refusals", Kind.RATE, of_output=True, harm=1,
        about="Answers that decline, by their turns of phrase.",
    ),
    Signal(
        "format_fails", "Format fails", Kind.RATE, of_output=True, harm=1,
        about="Answers that a guardrail of form did not pass, of those that one read.",
    ),
    Signal(
        "judge_pass", "Judge passes", Kind.RATE, of_output=True, harm=-1, about="Verdicts of the live judge."
    ),
    Signal(
        "output_length", "Length of answers", Kind.VALUE, of_output=True, unit="characters",
        about="Geometric mean.",
    ),
    Signal(
        "output_meaning", "Words of answers", Kind.VECTORS, of_output=True,
        about="Distance of hashed word parts: lexical, it knows no synonyms.",
    ),
    Signal(
        "retrieval", "Retrieval score", Kind.VALUE, of_output=True, harm=-1,
        about="Of the best passage found; mean.",
    ),
    Signal("cost", "Cost per answer", Kind.VALUE, of_output=True, unit="$", harm=1, about="Geometric mean."),
    Signal("latency", "Latency", Kind.VALUE, of_output=True, unit="ms", harm=1, about="Geometric mean."),
)  # fmt: skip  # a table, one signal after the other
BY_NAME = {signal.name: signal for signal in SIGNALS}
LOGARITHMIC = frozenset({"input_length", "output_length", "cost", "latency"})
FORMATS = ("schema", "typed", "dates", "numbers", "sql", "length")  # guardrails of form
