"""The answer is in the language of the input. Where nobody can tell, it passes."""

from aiops.core.texts import languages
from aiops.core.texts.answers import prose
from aiops.gateway.guardrails.base import PASSED, Checker, Found, Tools
from aiops.gateway.messages import Call, Reply
from aiops.gateway.questions import question_of

NAME = "language"
ENOUGH = 2000  # characters tell as much as all of a long text


def checker(call: Call, tools: Tools) -> Checker | None:  # noqa: ARG001 - it needs nobody
    asked, locale = question_of(call), call.locale

    def check_reply(reply: Reply) -> Found:
        return check(reply.text, asked, locale)

    return check_reply


def check(text: str, asked: str, locale: str = "") -> Found:
    """The input's own language counts; where that is not clear, the locale that the caller stated."""
    said = prose(text)[:ENOUGH]
    found, confidence = languages.detect(said)
    if found is None or confidence < languages.SURE:
        return PASSED
    wanted = _clear(asked) or languages.primary(locale)
    if wanted not in languages.LANGUAGES or wanted == found:
        return PASSED
    if {wanted, found} == {"ja", "zh"} and len(said) < languages.LETTERS:
        return PASSED  # a few Chinese characters are both
    return Found(passed=False, reason=f"the answer is in {found}, the input in {wanted}")


def _clear(asked: str) -> str:
    found, confidence = languages.detect(asked[:ENOUGH])
    return found if found is not None and confidence >= languages.SURE else ""


def load() -> None:
    """Load the detector."""
    languages.detect("This is long enough to be detected.")
