"""Whatever no other skill knows: says what it has understood, in the language of the input."""

from aiops.providers.simulated.brief import Brief
from aiops.providers.simulated.competence import answer_language
from aiops.providers.simulated.form import as_json
from aiops.providers.simulated.lexicon import lexicon

_QUOTED = 240


def fits(brief: Brief) -> bool:  # noqa: ARG001 - the last skill takes what is left
    return True


def answer(brief: Brief) -> str:
    text = " ".join(brief.text.split())
    quote = text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"
    reply = str(lexicon(answer_language(brief)).phrases["understood"]).format(text=quote)
    if brief.schema is None:
        return reply
    return as_json(
        brief, {name: _value(kind, reply) for name, kind in brief.schema.get("properties", {}).items()}
    )


def _value(kind: dict[str, object], text: str) -> object:
    """Something of the type that a property asks for."""
    if isinstance(options := kind.get("enum"), list) and options:
        return options[0]
    plain = {"integer": 0, "number": 0, "boolean": False, "array": [], "object": {}, "null": None}
    return plain.get(str(kind.get("type", "string")), text)
