"""Say which language the input is in, by a name that the prompt offers."""

from aiops.providers.simulated.brief import Brief
from aiops.providers.simulated.competence import goes_wrong
from aiops.providers.simulated.draws import pick
from aiops.providers.simulated.form import as_word

_NAMES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "ja": "Japanese"}
_NEAR = {"en": ("de", "fr"), "de": ("en",), "fr": ("es", "en"), "es": ("fr", "en"), "ja": ("en",)}
_SHORT = 20


def fits(brief: Brief) -> bool:
    return brief.says(r"\bwhich language\b") and all(brief.says(name) for name in _NAMES.values())


def answer(brief: Brief) -> str:
    """Short inputs are harder."""
    own = brief.language
    if goes_wrong(brief, "language label", 0.05 if len(brief.text) < _SHORT else 0.012):
        own = pick(_NEAR[own], "wrong language", brief.text)
    return as_word(brief, _NAMES[own])
