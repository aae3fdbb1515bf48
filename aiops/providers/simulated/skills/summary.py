"""Summarise a support ticket, with its sentiment: what is the matter, which order, what is wanted."""

import regex

from aiops.providers.simulated.brief import Brief
from aiops.providers.simulated.competence import answer_language, goes_wrong
from aiops.providers.simulated.form import as_json, wants_json
from aiops.providers.simulated.lexicon import Concept, lexicon, order_in

_NEAR_MOODS = {"negative": "neutral", "positive": "neutral", "neutral": "negative"}
_SENTENCE = regex.compile(r"[^.!?。！？\n]+[.!?。！？]?")


def fits(brief: Brief) -> bool:
    return brief.says(r"summar|résum|zusammenfass|resum|要約")


def answer(brief: Brief) -> str:
    text = summarised(brief, answer_language(brief))
    if not wants_json(brief):
        return text
    values = {"summary": text}
    if brief.says("sentiment") or "sentiment" in (brief.schema or {}).get("properties", {}):
        values["sentiment"] = sentiment(brief)
        if goes_wrong(brief, "missing field", 0.03 if brief.says(r'"sentiment"') else 0.08):
            del values["sentiment"]
    return as_json(brief, values)


def summarised(brief: Brief, language: str) -> str:
    """One to three sentences in `language`, whatever the ticket's language is."""
    words = lexicon(language)
    order = (
        ""
        if goes_wrong(brief, "order", 0.015 if brief.says("order number") else 0.07)
        else order_in(brief.text)
    )
    parts = {
        "order": words.phrases["order"].format(order=order) if order else "",
        "request": _request(brief, language),
    }
    concept = _concept(brief)
    if concept is None:
        return _tidy(words.phrases["quoted"].format(quote=_gist_sentence(brief.text), **parts))
    gist = next(known.gist for known in words.concepts if known.name == concept.name)
    product = _product(brief, language)
    return _tidy(words.phrases["summary"].format(gist=gist.format(product=product), **parts))


def _concept(brief: Brief) -> Concept | None:
    """What the ticket is about; where this step fails, the next likely thing."""
    found = lexicon(brief.language).concepts_in(brief.text)
    if not found:
        return None
    wrong = goes_wrong(brief, "topic", 0.04)
    return found[min(1, len(found) - 1)] if wrong else found[0]


def _request(brief: Brief, language: str) -> str:
    own = lexicon(brief.language)
    wanted = own.request_in(brief.text)
    if goes_wrong(
        brief, "request", 0.04 if brief.says(r"(?:customer|they) (?:wants?|asks?)|request") else 0.12
    ):
        return ""
    name = next((key for key, (_pattern, sentence) in own.requests.items() if sentence == wanted), None)
    return lexicon(language).requests[name][1] if name else ""


def _product(brief: Brief, language: str) -> str:
    own, other = lexicon(brief.language), lexicon(language)
    noun = own.product_in(brief.text)
    name = next((key for key, (_pattern, word) in own.products.items() if word == noun), None)
    return other.products[name][1] if name else str(other.phrases["appliance"])


def sentiment(brief: Brief) -> str:
    """The customer's mood. Definitions in the prompt help, and so does a word about negations."""
    rate = 0.14
    if brief.says(r"(?:^|\n)\W*(?:negative|positive)\W+\w+ \w+"):
        rate *= 0.75
    if brief.says(r"negation|to the end|whole ticket|polite"):
        rate *= 0.3
    mood = lexicon(brief.language).mood_of(brief.text)
    return _NEAR_MOODS[mood] if goes_wrong(brief, "sentiment", rate, negations=True) else mood


def _gist_sentence(text: str) -> str:
    """The longest sentence of a text that the lexicon knows nothing about."""
    sentences = [sentence.strip() for sentence in _SENTENCE.findall(text) if sentence.strip()]
    return max(sentences, key=len, default=text.strip())[:300].rstrip(".。")


def _tidy(text: str) -> str:
    return regex.sub(r"\s+", " ", text).strip()
