"""What people are shown of a call: its texts, without the kinds of personal data that a rule names."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiops.core.texts import personal

_KEPT = {"url", "document"}  # of a passage: they name what is cited


def masked(value: Any, kinds: Sequence[str], locale: str = "") -> Any:
    """`value`, JSON, with "[email]" and the like in all its texts."""
    if isinstance(value, str):
        return personal.masked(value, kinds, locale)
    if isinstance(value, Mapping):
        return {key: one if key in _KEPT else masked(one, kinds, locale) for key, one in value.items()}
    if isinstance(value, list):
        return [masked(one, kinds, locale) for one in value]
    return value


def asked(inputs: Mapping[str, Any] | None, messages: Sequence[Sequence[Any]] | None) -> dict[str, Any]:
    """What a caller sent, by name; of a feature without variables the last message, and what came before."""
    if inputs:
        return dict(inputs)
    said = [(str(one[0]), str(one[1])) for one in messages or () if len(one) > 1]
    if not said:
        return {}
    *before, (_, last) = said
    earlier = "\n\n".join(f"{role}: {text}" for role, text in before)
    return {"message": last} | ({"earlier": earlier} if earlier else {})
