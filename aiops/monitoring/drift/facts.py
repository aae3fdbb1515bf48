"""What is known of one call, as numbers. Pure, and never its texts."""

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from aiops.core.texts import languages
from aiops.core.texts.answers import prose
from aiops.core.texts.refusals import refusal_in
from aiops.knowledge.vectors import counts

DIMENSIONS = 128  # of 512, folded: what a distance of two days needs
READ = 160  # characters that say the language
EMBEDDED = 1000  # characters that say what a text is about
LEAST_COST = 1e-10


@dataclass(frozen=True, slots=True)
class Light:
    """A call without its texts. `serving`: the approach with its version. `failed` None: nothing checked."""

    id: str
    tenant: str
    user: str
    locale: str
    category: str
    serving: str
    candidate: bool
    answered: bool
    failed: bool | None
    cost: float
    latency_ms: float

    @property
    def session(self) -> int:
        """What belongs together: a user's calls; where nobody is named, the call by itself."""
        return zlib.crc32((f"{self.tenant}:{self.user}" if self.user else self.id).encode())


@dataclass(frozen=True, slots=True)
class Texts:
    """What was asked and answered, None where it is not kept; the score of the best passage."""

    inputs: Mapping[str, object] | None
    output: str | None
    score: float | None

    @property
    def asked(self) -> str | None:
        return "\n".join(map(str, self.inputs.values())) if self.inputs else None


def log_of(value: float) -> float:
    return math.log(max(value, LEAST_COST))


@lru_cache(maxsize=4096)
def is_refusal(output: str) -> bool:
    return bool(refusal_in(output))


def in_other_language(output: str, locale: str) -> bool | None:
    """Whether the answer is in another language than `locale` says; None where nobody can tell."""
    wanted = languages.primary(locale) if locale else ""
    if wanted not in languages.LANGUAGES:
        return None
    found = language_of(prose(output)[:READ])
    if not found or {wanted, found} == {"ja", "zh"}:
        return False if found else None
    return found != wanted


@lru_cache(maxsize=4096)
def language_of(text: str) -> str:
    """ISO 639-1, '' where it is not clear."""
    found, confidence = languages.detect(text)
    return found if found is not None and confidence >= languages.SURE else ""


@lru_cache(maxsize=4096)
def vector(text: str) -> bytes:
    """The text as `DIMENSIONS` signed bytes, a vector of length 127."""
    found = np.zeros(DIMENSIONS)
    for place, count in counts(text[:EMBEDDED]).items():
        found[place % DIMENSIONS] += math.copysign(math.log1p(abs(count)), count)
    length = float(np.sqrt((found * found).sum()))
    if not length:
        found[0] = length = 1.0
    return np.rint(found / length * 127).astype(np.int8).tobytes()
