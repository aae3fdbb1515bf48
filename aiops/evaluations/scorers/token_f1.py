"""The overlap of words with an expected answer, as SQuAD measures it."""

from collections import Counter
from typing import Any, ClassVar

from pydantic import Field

from aiops.core.texts.normalise import words
from aiops.evaluations.scorers.base import Golden, Judgement, Scorer, accepted_answers, not_judged

_ARTICLES = frozenset({"a", "an", "the"})


class TokenF1(Scorer):
    """The harmonic mean of the precision and the recall of words, the best over the accepted answers.

    Words are compared without case, punctuation and English articles; scripts without spaces by characters.
    With a threshold it passes or fails; without one it is only a value.
    """

    type: ClassVar[str] = "token_f1"
    title: ClassVar[str] = "Word overlap (F1)"
    example: ClassVar[dict[str, Any]] = {"threshold": 0.5}

    threshold: float | None = Field(default=None, gt=0, le=1)

    def score(self, output: str, golden: Golden) -> Judgement:
        accepted = [answer for answer in accepted_answers(golden) if isinstance(answer, str)]
        if not accepted:
            return not_judged("The case has no expected text.")
        value = max(f1(output, answer) for answer in accepted)
        if self.threshold is None:
            return Judgement(value=value, passed=None)
        passed = value >= self.threshold
        return Judgement(value, passed, "" if passed else f"{value:.2f} is below {self.threshold:g}.")


def f1(output: str, expected: str) -> float:
    """Word F1 of two texts in 0..1; two texts without a word are the same, one alone shares nothing.

    Rajpurkar et al. 2016, SQuAD: `evaluate-v1.1.py`.
    """
    got, wanted = _tokens(output), _tokens(expected)
    if not got or not wanted:
        return float(got == wanted)
    shared = sum((Counter(got) & Counter(wanted)).values())
    if not shared:
        return 0.0
    precision, recall = shared / len(got), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)


def _tokens(text: str) -> list[str]:
    return [word for word in words(text) if word not in _ARTICLES]
