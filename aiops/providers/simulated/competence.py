"""How often a step goes wrong, and whether it does for this input. The module's docstring has the rules."""

import regex

from aiops.providers.simulated.brief import Brief
from aiops.providers.simulated.draws import fraction

_NEGATION = regex.compile(
    r"\b(?:not|never|no longer|without|isn't|don't|doesn't|nicht|kein\w*|nie|ohne|pas|jamais|sans|aucun\w*)\b"
    r"|\b(?:no|nunca|sin)\b|ない|ません|なく|ず、",
    regex.IGNORECASE,
)
_SAME_DIFFICULTY = 0.85  # the share of steps whose fate is a matter of the input alone
_LONG = {"ja": 260}
_LONG_ELSEWHERE = 620
_ENGLISH_OPENING = r"(?:begin|start|open)\w* (?:\w+ ){0,4}with [\"“'](?:the|a|this|dear|hello|hi|thank)"
_KEEPS = (
    r"(?:in|use|keep|match) (?:the )?(?:same language|language of the|(?:customer|user|ticket)['’]s language)"
    r"|same language as|language the \w+ (?:is|was) written|locale"
)
_FIXED_ENGLISH = r"\b(?:in|use only|always) english\b"


def goes_wrong(brief: Brief, step: str, rate: float, *, negations: bool = False) -> bool:
    """Whether `step` fails, where it fails for a share `rate` of short English inputs to a large model.

    `negations` says that the step stumbles over them.
    """
    by_input = fraction(brief.seed, step, brief.text)
    by_request = fraction(brief.seed, step, brief.text, brief.instructions, brief.model)
    settled = fraction("settled", brief.seed, step, brief.text) < _SAME_DIFFICULTY
    return (by_input if settled else by_request) < min(0.9, rate * _burden(brief, negations=negations))


def _burden(brief: Brief, *, negations: bool) -> float:
    small = brief.tier == "small"
    burden = 2.0 if small else 1.0
    if brief.language == "ja":
        burden *= 1.5 if small else 1.1
    if len(brief.text) > _LONG.get(brief.language, _LONG_ELSEWHERE):
        burden *= 1.5 if small else 1.1
    if negations and _NEGATION.search(brief.text):
        burden *= 1.6 if small else 1.15
    return burden * (0.55 if brief.examples else 1.0)


def answer_language(brief: Brief, language: str | None = None) -> str:
    """The language the answer comes in; `language` is the one to keep, that of the input by default."""
    own = language or brief.language
    if own == "en" or brief.says(_FIXED_ENGLISH):
        return "en"
    drift = _drift_to_english(brief, own)
    return "en" if drift and goes_wrong(brief, "language", drift) else own


def _drift_to_english(brief: Brief, language: str) -> float:
    """The share of answers that come in English instead of `language`, before the burden of the input."""
    japanese = language == "ja"
    drift = 0.02
    if not brief.says(_KEEPS):
        drift += 0.45 if japanese else 0.12
    if brief.says(_ENGLISH_OPENING):
        drift += 0.72 if japanese else 0.05
    if brief.says(r"plain (?:words|english|language)|simple words"):
        drift += 0.1 if japanese else 0.02
    return drift
