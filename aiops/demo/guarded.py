"""What guardrails say of the demo's answers: the gateway's own, asked once for each answer."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from aiops.demo.asking import calls_of
from aiops.demo.shape import Sample
from aiops.gateway.guardrails import checks_for
from aiops.gateway.messages import Reply
from aiops.gateway.picture import Picture
from aiops.gateway.stages.guardrails import examined

FEATURES = ("draft-reply", "contract-terms", "product-copy")
Record = dict[str, Any]
_PERSON = {"outcome": "queued", "reason": "guardrail", "served_by": "person", "output": ""}


def examine(picture: Picture, records: Iterable[Record]) -> list[Record]:
    """The same records with what was found; what may not be released waits for a person."""
    return asyncio.run(_examined(picture, list(records)))


async def _examined(picture: Picture, records: list[Record]) -> list[Record]:
    known: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for record in _answered(records):
        key = record["feature"], repr(record["inputs"]), record["output"]
        if key not in known:
            known[key] = await _found(picture, record)
        record["checks"] = known[key]
        if failed := [check for check in known[key] if check["enforced"] and not check["passed"]]:
            error = f"The output did not pass {failed[0]['name']}: {failed[0]['reason']}"
            record |= {**_PERSON, "rejected": record["output"], "error": error}
    return records


def _answered(records: list[Record]) -> Iterator[Record]:
    return (one for one in records if one["feature"] in FEATURES and one["outcome"] == "answered")


async def _found(picture: Picture, record: Record) -> list[dict[str, Any]]:
    sample = Sample(record["inputs"], record["category"], record["locale"], "", 0)
    (call,) = calls_of(picture, record["feature"], [(record["tenant"], sample)])
    reply = await examined(call, Reply("answered", record["output"]), checks_for(call))
    return [asdict(check) for check in reply.checks]
