"""The output is the expected answer."""

import json
from typing import Any, ClassVar

from aiops.core.texts.answers import unfenced
from aiops.core.texts.normalise import normalised
from aiops.evaluations.scorers.base import (
    Golden,
    Judgement,
    Scorer,
    accepted_answers,
    not_judged,
    shorten,
    verdict,
)


class Exact(Scorer):
    """Equal to the expected answer, or to any of a list of them. Objects are compared as parsed JSON."""

    type: ClassVar[str] = "exact"
    title: ClassVar[str] = "Exact match"
    example: ClassVar[dict[str, Any]] = {"ignore_case": True}

    ignore_case: bool = True
    ignore_whitespace: bool = True
    ignore_punctuation: bool = False

    def score(self, output: str, golden: Golden) -> Judgement:
        accepted = accepted_answers(golden)
        if not accepted:
            return not_judged("The case has no expected answer.")
        if any(self._equal(output, answer) for answer in accepted):
            return verdict(True)
        wanted = " or ".join(shorten(_text(answer), 60) for answer in accepted[:3])
        return verdict(False, f"Expected {wanted}, got {shorten(output, 60) or 'nothing'}.")

    def _equal(self, output: str, answer: Any) -> bool:
        if isinstance(answer, str):
            return self._plain(output) == self._plain(answer)
        try:
            return _same(json.loads(unfenced(output)), answer)
        except ValueError:
            return False

    def _plain(self, text: str) -> str:
        return normalised(
            text,
            case=self.ignore_case,
            whitespace=self.ignore_whitespace,
            punctuation=self.ignore_punctuation,
        )


def _same(left: Any, right: Any) -> bool:
    """Equal as JSON: `true` is not 1, while 1 and 1.0 are the same number; the order of keys does not
    matter.
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return bool(left == right)


def _text(answer: Any) -> str:
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
