"""Whether the output declines to answer."""

from typing import Any, ClassVar, Literal

from aiops.core.texts.refusals import refusal_in
from aiops.evaluations.scorers.base import Golden, Judgement, Scorer, shorten, verdict


class Refusal(Scorer):
    """The output does not decline to answer, in English, German, French, Spanish, Japanese or Chinese; or,
    where it should decline, it does.

    Told by turns of phrase near the beginning; what stands in quotation marks is somebody else's.
    """

    type: ClassVar[str] = "refusal"
    title: ClassVar[str] = "Refusal"
    example: ClassVar[dict[str, Any]] = {"expect": "answer"}

    expect: Literal["answer", "refusal"] = "answer"

    def score(self, output: str, golden: Golden) -> Judgement:  # noqa: ARG002 - the case plays no part
        sign = refusal_in(output)
        if self.expect == "refusal":
            return verdict(bool(sign), "Does not refuse.")
        return verdict(not sign, f"Refuses: {shorten(sign)}.")
