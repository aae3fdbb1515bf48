"""Turns of phrase by which an answer declines, in English, German, French, Spanish, Japanese and Chinese."""

import regex

from aiops.core.texts.answers import prose
from aiops.core.texts.normalise import normalised

START = 600  # characters: a refusal says so early; further on people are told of what others can't do

_DO = (
    r"(?:help|assist|comply|provide|answer|fulfil|do that|do this|create|write|generate|discuss|share|support"
    r"|give|offer|process|complete|respond|engage|participate|continue|tell|carry out|disclose|reveal)"
)
_SIGNS = (
    # English
    rf"\bi (?:can ?not|can't|won't|will not|could not|couldn't) (?:\w+ ){{0,3}}?{_DO}\b",
    rf"\bi(?:'m| am) (?:\w+ ){{0,2}}?(?:unable|not (?:able|allowed|permitted)) to (?:\w+ ){{0,2}}?{_DO}\b",
    r"\bi(?:'m| am) (?:\w+ )?not comfortable (?:with|\w+ing)\b",
    r"\bi (?:must|have to|need to|will have to) (?:\w+ )?(?:decline|refuse)\b",
    r"\bi (?:respectfully |politely )?(?:decline|refuse) to\b",
    r"\bas an ai\b[^.!?]{0,60}\b(?:can't|cannot|can not|unable|not able|don't have|do not have)\b",
    r"\b(?:against|violates?) (?:my|our) (?:\w+ )?(?:guidelines|policy|policies|principles)\b",
    # German
    (r"\b(?:ich kann|kann ich) (?:\w+ ){0,5}?(?:nicht|keine?n?|leider nicht)\b[^.!?]{0,80}"
    r"\b(?:helfen|weiterhelfen|beantworten|unterstützen|erfüllen|bereitstellen|geben|antworten|nachkommen"
    r"|erstellen|behilflich)\b"),
    (r"\bich (?:darf|werde) (?:\w+ ){0,5}?(?:nicht|keine?n?)\b[^.!?]{0,80}"
    r"\b(?:helfen|beantworten|unterstützen|geben|erstellen|bereitstellen|nachkommen)\b"),
    r"\b(?:ich muss (?:\w+ ){0,4}ablehnen|ich bin nicht in der lage|das lehne ich ab)\b",
    r"\bals (?:ki|künstliche intelligenz)\b[^.!?]{0,60}\b(?:kann|darf) ich\b[^.!?]{0,40}\b(?:nicht|kein)",
    # French
    (r"\bje (?:ne |n')(?:\w+ )?(?:peux|puis|pourrai|suis) (?:malheureusement )?"
    r"(?:pas|aucunement)\b[^.!?]{0,60}"
    r"\b(?:aider|répondre|fournir|assister|donner|satisfaire|accéder|mesure|autorisée?|créer|écrire)\b"),
    r"\bje (?:dois|me vois contrainte? de) (?:\w+ )?(?:refuser|décliner)\b",
    r"\ben tant qu'(?:ia|intelligence artificielle)\b[^.!?]{0,60}\bje ne (?:peux|suis|dispose)\b",
    # Spanish
    (r"\bno (?:puedo|podré|me es posible|estoy autorizad[oa] a) (?:\w+ ){0,2}?"
    r"(?:ayudar|ayudarte|ayudarle|responder|proporcionar|asistir|asistirte|cumplir|dar|darte|darle|ofrecer|crear|generar"
    r"|atender|escribir|compartir)\w*\b"),
    r"\b(?:debo|tengo que) (?:rechazar|negarme)\b|\bno estoy en condiciones de\b",
    r"\bcomo (?:ia|inteligencia artificial|modelo de lenguaje)\b[^.!?]{0,60}\bno (?:puedo|tengo)\b",
    # Japanese
    (r"(?:お答え|回答|お手伝い|ご案内|提供|ご提供|対応|お応え|支援|お教え|作成|協力|お力添え)(?:する|を|は|に|することは|することが|が|も)*"
    r"(?:でき|出来|いたし|致し)(?:かねます|かねる|ません|ない|かね)"),
    r"(?:ご要望|ご依頼|リクエスト|ご質問)に(?:は|お|応)*[^。]{0,12}(?:かねます|できません|出来ません)",
    r"お断り(?:し|いたし|致し|させて)",
    # Chinese, in both ways of writing
    (r"(?:我|本人)?(?:无法|無法|不能|不可以|没办法|沒辦法|不便)(?:为您|為您|为你|為你|向您|就此|对此|對此)?"
    r"(?:提供|回答|协助|協助|帮助|幫助|满足|滿足|完成|讨论|討論|处理|處理|生成|透露)"),
    r"(?:我)?(?:必须|必須|只能)拒绝|(?:我)?(?:必須|只能)拒絕|恕(?:我)?(?:不能|无法|無法|难|難)",
)  # fmt: skip  # short names, packed: they would fill the page
_REFUSES = regex.compile("|".join(f"(?:{sign})" for sign in _SIGNS), regex.VERSION1)
_QUOTED = regex.compile(r'"[^"]*"|“[^”]*”|„[^“”]*[“”]|«[^»]*»|「[^」]*」|『[^』]*』')
PATIENCE = 0.5  # seconds


def refusal_in(output: str) -> str:
    """The words by which `output` declines; empty where it does not."""
    plain = normalised(prose(output).replace("’", "'"))
    found = _REFUSES.search(_QUOTED.sub(" ", plain)[:START], timeout=PATIENCE)
    return found.group() if found else ""
