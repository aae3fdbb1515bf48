"""Draft an answer to a customer: greeting, what happens next, sign-off."""

from aiops.providers.simulated.brief import Brief
from aiops.providers.simulated.competence import answer_language, goes_wrong
from aiops.providers.simulated.draws import pick
from aiops.providers.simulated.lexicon import lexicon, order_in


def fits(brief: Brief) -> bool:
    return brief.says(
        r"\b(?:reply|replies|respond|answer (?:to )?the customer|draft|antworte|réponds|responde|返信)"
    )


def answer(brief: Brief) -> str:
    language = answer_language(brief)
    words = lexicon(language).phrases["reply"]
    category = next(iter(lexicon(brief.language).categories_in(brief.text)), "other")
    parts = [words["greeting"], _opening(brief, words), words["steps"][category], _promise(brief, words)]
    if goes_wrong(
        brief, "too long", 0.1 if not brief.says(r"at most|no longer|short|brief|sentences") else 0.02
    ):
        parts.append(words["filler"])
    parts.append(words["closing"])
    return "\n\n".join(part for part in parts if part)


def _opening(brief: Brief, words: dict[str, str]) -> str:
    order = order_in(brief.text)
    if goes_wrong(brief, "order", 0.015 if brief.says("order number") else 0.1):
        order = ""
    mood = lexicon(brief.language).mood_of(brief.text)
    sorry = mood == "negative" and not goes_wrong(
        brief, "empathy", 0.03 if brief.says(r"apolog|sorry|feel") else 0.3
    )
    sentence = words["about"].format(order=order) if order else words["about_nothing"]
    return f"{sentence}{words['space']}{words['sorry']}" if sorry else sentence


def _promise(brief: Brief, words: dict[str, list[str]]) -> str:
    """What nobody may promise, and eager models do."""
    rate = 0.02 if brief.says(r"promise|guarantee|commit") else 0.14
    return pick(words["promises"], "promise", brief.text) if goes_wrong(brief, "promise", rate) else ""
