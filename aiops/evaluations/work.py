"""What there is to do: the cases of a shard that have no result yet, and how each is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiops.datasets import queries as datasets
from aiops.evaluations.models import Result, Run, Shard
from aiops.evaluations.scorers.base import Golden
from aiops.prompts.models import Version
from aiops.providers.protocol import ChatRequest, Message

DEFAULT_MAX_TOKENS = 1024
_FIELDS = ("id", "key", "inputs", "expected", "category", "locale", "checks", "metadata")


@dataclass(frozen=True, slots=True)
class Item:
    """One repeat of one case."""

    case_id: int
    repeat: int
    golden: Golden
    checks: tuple[Mapping[str, Any], ...]


def items_of(shard: Shard, run: Run) -> list[Item]:
    """The work of `shard` in order, without what has a result already."""
    low, high = shard.first // run.repeats, (shard.stop - 1) // run.repeats + 1
    schema = run.version.output_schema if run.version else None
    cases = datasets.cases_of(run.dataset_version).order_by("position", "id").values(*_FIELDS)[low:high]
    items = [
        _item(case, repeat, schema)
        for index, case in enumerate(cases, start=low)
        for repeat in range(run.repeats)
        if shard.first <= index * run.repeats + repeat < shard.stop
    ]
    done = set(
        Result.objects.filter(run=run, case_id__in={item.case_id for item in items}).values_list(
            "case_id", "repeat"
        )
    )
    return [item for item in items if (item.case_id, item.repeat) not in done]


def _item(case: Mapping[str, Any], repeat: int, schema: Mapping[str, Any] | None) -> Item:
    golden = Golden(
        key=case["key"],
        inputs=case["inputs"],
        expected=case["expected"],
        category=case["category"],
        locale=case["locale"],
        output_schema=schema,
        metadata=case["metadata"],
    )
    return Item(case_id=case["id"], repeat=repeat, golden=golden, checks=tuple(case["checks"]))


def parameters_of(version: Version, max_output_tokens: int) -> dict[str, Any]:
    """What is sent with each call: the version's parameters, and always a bound on the output."""
    given = {
        name: version.parameters[name]
        for name in ("temperature", "seed", "stop")
        if name in version.parameters
    }
    wanted = int(version.parameters.get("max_tokens", DEFAULT_MAX_TOKENS))
    return {**given, "max_tokens": min(wanted, max_output_tokens)}


def request_for(run: Run, messages: tuple[Message, ...], repeat: int) -> ChatRequest:
    """The request of one repeat. Where a seed is set each repeat has its own, or all would be the same
    answer.
    """
    parameters = run.parameters
    seed = parameters.get("seed")
    if run.repeats > 1:
        seed = (seed or 0) + repeat
    stop = parameters.get("stop") or ()
    return ChatRequest(
        model=run.vendor_name,
        messages=messages,
        max_tokens=parameters["max_tokens"],
        temperature=parameters.get("temperature"),
        seed=seed,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        response_schema=run.asked.version.output_schema,
    )
