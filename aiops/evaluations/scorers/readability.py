"""Whether the output reads easily."""

from collections.abc import Callable
from typing import Any, ClassVar, Literal, Self

import regex
from pydantic import Field, model_validator

from aiops.core.texts.answers import prose
from aiops.core.texts.languages import primary
from aiops.core.texts.normalise import words
from aiops.evaluations.scorers.base import Golden, Judgement, Scorer, not_judged, verdict
from aiops.evaluations.scorers.length import count_sentences

# Reading ease from words per sentence and syllables per word: 100 is very easy, 0 very hard.
_EASE: dict[str, Callable[[float, float], float]] = {
    "en": lambda length, syllables: 206.835 - 1.015 * length - 84.6 * syllables,  # Flesch 1948
    "de": lambda length, syllables: 180 - length - 58.5 * syllables,  # Amstad 1978
    "fr": lambda length, syllables: 207 - 1.015 * length - 73.6 * syllables,  # Kandel and Moles 1958
    "es": lambda length, syllables: 206.84 - 1.02 * length - 60 * syllables,  # Fernández Huerta 1959
}
_VOWELS = {
    "en": regex.compile("[aeiouy]+"),
    "de": regex.compile("[aeiouyäöü]+"),
    "fr": regex.compile("[aeiouyàâéèêëîïôùûüœæ]+"),
    # Strong vowels, and weak ones with an accent, are syllables of their own: "le-o", "dí-a".
    "es": regex.compile("[íú]|[iuüy]*[aeoáéó][iuüy]*|[iuüy]+"),
}
_SILENT = {"en": regex.compile("(?<=[^aeiouyl])e[sd]?$"), "fr": regex.compile("(?<=[^aeiouy])e(?:s|nt)?$")}
_FEWEST = 5  # words


class Readability(Scorer):
    """Reading ease (Flesch; for English, German, French and Spanish) or the mean length of sentences lies in
    a band.

    Reading ease: 90 and more is very easy, 60 to 70 plain, below 30 very hard. Sentences of scripts without
    spaces are measured in characters. Of a JSON answer only the texts count.
    """

    type: ClassVar[str] = "readability"
    title: ClassVar[str] = "Readability"
    example: ClassVar[dict[str, Any]] = {"measure": "reading ease", "least": 50}

    measure: Literal["reading ease", "words per sentence"] = "reading ease"
    least: float | None = Field(default=None, allow_inf_nan=False)
    most: float | None = Field(default=None, allow_inf_nan=False)

    @model_validator(mode="after")
    def is_a_band(self) -> Self:
        if self.least is None and self.most is None:
            raise ValueError("give `least`, `most` or both")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError("`least` is more than `most`")
        return self

    def score(self, output: str, golden: Golden) -> Judgement:
        text = prose(output)
        language = primary(golden.locale)
        found = words(text)
        if len(found) < _FEWEST:
            return not_judged("Too short to measure.")
        value = len(found) / sentences_in(text)
        if self.measure == "reading ease":
            if language not in _EASE:
                return not_judged(f"No reading ease is defined for {language or 'a case without a locale'}.")
            value = _EASE[language](value, sum(syllables(word, language) for word in found) / len(found))
        if self.least is not None and value < self.least:
            return verdict(False, f"{self.measure.capitalize()} {value:.1f} is below {self.least:g}.")
        if self.most is not None and value > self.most:
            return verdict(False, f"{self.measure.capitalize()} {value:.1f} is above {self.most:g}.")
        return verdict(True)


def sentences_in(text: str) -> int:
    """Sentences, where a line ends one as well: items of lists have no full stop. At least one."""
    return max(1, sum(count_sentences(line.strip()) for line in text.splitlines()))


def syllables(word: str, language: str) -> int:
    """About how many syllables a word in lower case has, counted by groups of vowels."""
    silent = _SILENT.get(language)
    return max(1, len(_VOWELS[language].findall(silent.sub("", word) if silent else word)))
