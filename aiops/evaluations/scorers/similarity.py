"""How alike the output and an expected answer are, by their words and letters."""

from functools import lru_cache
from typing import Any, ClassVar

from pydantic import Field

from aiops.core.texts.normalise import normalised, words
from aiops.evaluations.scorers.base import Golden, Judgement, Scorer, accepted_answers, not_judged

DIMENSIONS = 512
_SIZES = (2, 3, 4)  # of the runs of characters


class Similarity(Scorer):
    """The cosine of hashed n-grams of words and characters, the best over the accepted answers. Lexical: of
    meaning it knows nothing, so another wording counts as unlike.

    With a threshold it passes or fails; without one it is only a value.
    """

    type: ClassVar[str] = "similarity"
    title: ClassVar[str] = "Similarity (lexical)"
    example: ClassVar[dict[str, Any]] = {"threshold": 0.5}

    threshold: float | None = Field(default=None, gt=0, le=1)

    def score(self, output: str, golden: Golden) -> Judgement:
        accepted = [answer for answer in accepted_answers(golden) if isinstance(answer, str)]
        if not accepted:
            return not_judged("The case has no expected text.")
        value = max(cosines(output, accepted))
        if self.threshold is None:
            return Judgement(value=value, passed=None)
        passed = value >= self.threshold
        return Judgement(value, passed, "" if passed else f"{value:.2f} is below {self.threshold:g}.")


def cosines(output: str, answers: list[str]) -> list[float]:
    """The likeness of `output` with each of `answers` in 0..1; two texts without a word are the same."""
    vectors = _vectorizer().transform([output, *answers])
    likeness = (vectors[1:] @ vectors[0].T).toarray().ravel()
    empty = not grams(output)
    return [
        float(not grams(answer)) if empty else min(1.0, max(0.0, float(value)))
        for answer, value in zip(answers, likeness, strict=True)
    ]


def grams(text: str) -> list[str]:
    """The words of `text` (characters, where a script has no spaces), and its runs of characters."""
    found = words(text)
    if not found:
        return []
    padded = f" {normalised(text, punctuation=True)} "
    runs = [padded[at : at + size] for size in _SIZES for at in range(len(padded) - size + 1)]
    return [f"word {word}" for word in found] + runs


@lru_cache(maxsize=1)
def _vectorizer() -> Any:
    # Only who scores likeness waits for the library: it takes seconds to import.
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415 - see above

    return HashingVectorizer(analyzer=grams, n_features=DIMENSIONS)
