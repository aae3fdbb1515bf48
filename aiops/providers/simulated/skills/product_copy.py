"""Write a product text from a list of facts."""

from collections.abc import Mapping, Sequence

import regex

from aiops.providers.simulated.brief import Brief
from aiops.providers.simulated.competence import answer_language, goes_wrong
from aiops.providers.simulated.draws import pick
from aiops.providers.simulated.lexicon import lexicon

_FACT = regex.compile(r"(?m)^\s*[-*]?\s*(?P<key>[^:：\n]{1,40})[:：]\s*(?P<value>.+?)\s*$")


def fits(brief: Brief) -> bool:
    return brief.says(r"product (?:text|copy|description|page)|copywrit|produkttext|商品説明")


def answer(brief: Brief) -> str:
    facts = [(match["key"].strip(), match["value"].strip()) for match in _FACT.finditer(brief.text)]
    language = answer_language(brief)
    return _written(brief, lexicon(language).phrases["copy"], facts)


def _written(brief: Brief, words: Mapping[str, Sequence[str]], facts: Sequence[tuple[str, str]]) -> str:
    """An opening with the name, a sentence for each fact (unless one is forgotten), and a close."""
    name = facts[0][1] if facts else brief.text.strip()[:60]
    told = list(facts[1:])
    if goes_wrong(brief, "forgotten fact", 0.05 if brief.says(r"every fact|all facts") else 0.2):
        told = told[:-1]
    if goes_wrong(brief, "name", 0.01 if brief.says("name") else 0.06):
        name = words["nameless"][0]
    opening = pick(words["openings"], "opening", brief.text).format(name=name)
    body = [pick(words["facts"], "fact", brief.text, key).format(key=key, value=value) for key, value in told]
    hype = 0.02 if brief.says(r"superlative|no hype|sober") else 0.2
    close = words["hype"] if goes_wrong(brief, "hype", hype) else words["closings"]
    return str(words["space"]).join([opening, *body, pick(close, "close", brief.text)])
