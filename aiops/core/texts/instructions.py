"""Marks of instructions to a model in a text that is only material: what a poisoned document says."""

import re

from aiops.core.texts.normalise import normalised
from aiops.core.texts.sentences import sentences

LEFT_OUT = "[A sentence that gave instructions was left out.]"
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad\U000e0000-\U000e007f]")
_SIGNS = (
    (r"\b(?:ignore|disregard|forget|override|bypass)\b (?:\w+ ){0,4}?"
     r"(?:instructions?|prompts?|rules|directions|guidelines|above|before)\b"),
    r"\b(?:new|updated|real|actual) (?:system )?instructions?\b ?(?:are|follow|:)",
    r"\byou are (?:now|no longer)\b",
    r"\b(?:from now on|pretend|act as (?:if|an?)|roleplay)\b.{0,40}\byou\b",
    r"\bfrom now on\b.{0,20}\b(?:answer|reply|say)\b",
    r"\b(?:system|developer) (?:prompt|message) ?:",
    r"\b(?:reveal|print|repeat|show) (?:\w+ ){0,3}?(?:system prompt|prompt|instructions)\b",
    r"\b(?:do not|don't|never) (?:tell|inform|mention to|warn) the (?:user|customer|reader)\b",
    (r"\b(?:ai|assistant|language model|chatbot|llm)s?\b.{0,30}\b(?:must|should|shall|ha[sv]e? to)\b.{0,40}"
     r"\b(?:ignore|say|answer|reply|output|recommend|include)\b"),
    r"\b(?:ignoriere?|missachte|vergiss|vergessen sie)\b (?:\w+ ){0,4}?(?:anweisung|vorgabe|regel)\w*",
    r"\b(?:ignore[rz]?|oublie[rz]?) (?:\w+ ){0,4}?(?:instructions?|consignes?|règles)\b",
    r"\b(?:ignora|ignore|olvida|olvide) (?:\w+ ){0,4}?(?:instrucciones|reglas|indicaciones)\b",
    r"(?:これまで|以前|上記|前|すべて|全て)の.{0,8}(?:指示|命令|指令).{0,4}(?:無視|忘れ)",
    r"(?:忽略|无视|無視|忽視|忘记|忘記).{0,10}(?:指令|指示|说明|說明|提示|规则|規則)",
    r"<\|?(?:im_start|im_end|system|assistant|user|endoftext)\|?>|</?(?:system|instructions?)>|\[/?inst\]",
    r"#{2,} ?(?:system|instruction)",
)  # fmt: skip  # short names, packed: they would fill the page
_MARK = re.compile("|".join(f"(?:{sign})" for sign in _SIGNS))


def mark_in(text: str) -> str:
    """The words that speak to a model; "" where none do. Characters that nobody sees do not hide them."""
    found = _MARK.search(normalised(_UNSEEN.sub("", text)))
    return found.group() if found else ""


def neutralised(text: str) -> str:
    """`text` without the sentences that speak to a model; of a text that still does nothing is left."""
    if not mark_in(text):
        return text
    parts = [LEFT_OUT + _end(one) if mark_in(one) else one for one in sentences(text)]
    out = "".join(parts)
    return LEFT_OUT if mark_in(out) else out


def _end(sentence: str) -> str:
    """The white space behind it."""
    return sentence[len(sentence.rstrip()) :]
