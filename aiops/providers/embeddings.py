"""OpenAI's embeddings: what is asked, and the answer read strictly."""

import math
from collections.abc import Mapping
from typing import Any

from aiops.providers import replies, usage
from aiops.providers.errors import BadReply
from aiops.providers.protocol import EmbedReply, EmbedRequest, Usage


def payload(request: EmbedRequest) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "model": request.model,
        "input": list(request.texts),
        "encoding_format": "float",
    }
    return asked if request.dimensions is None else {**asked, "dimensions": request.dimensions}


def reply(request: EmbedRequest, body: Mapping[str, Any]) -> EmbedReply:
    """Raises BadReply where it is not one vector of numbers for each text."""
    rows = body.get("data")
    if not isinstance(rows, list) or len(rows) != len(request.texts):
        raise BadReply(f"The answer has not {len(request.texts)} vectors.")
    found = dict(_vector(replies.mapping(row, "vector"), place) for place, row in enumerate(rows))
    if found.keys() != set(range(len(rows))) or len({len(vector) for vector in found.values()}) != 1:
        raise BadReply("The answer's vectors are not numbered, or differ in length.")
    reported = usage.count(body.get("usage"), "prompt_tokens")
    tokens = sum(map(usage.tokens_in, request.texts)) if reported is None else reported
    return EmbedReply(
        vectors=tuple(found[place] for place in range(len(rows))),
        usage=Usage(input=tokens),
        model=replies.word(body.get("model"), request.model),
        usage_reported=reported is not None,
    )


def _vector(row: Mapping[str, Any], place: int) -> tuple[int, tuple[float, ...]]:
    numbers = row.get("embedding")
    if not isinstance(numbers, list) or not numbers or not all(map(_is_number, numbers)):
        raise BadReply("The answer's embedding is no list of numbers.")
    index = row.get("index", place)
    return (index if isinstance(index, int) else place), tuple(map(float, numbers))


def _is_number(value: Any) -> bool:
    return type(value) in {int, float} and math.isfinite(value)
