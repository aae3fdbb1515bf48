"""The scorers of a case's dataset on an answer, as far as they are quick: a person waits."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiops.core.errors import InvalidInput
from aiops.datasets.models import Case
from aiops.evaluations.scorers import build_scorers, judge_output, resolve
from aiops.evaluations.scorers.base import Golden
from aiops.evaluations.work import Item
from aiops.prompts.models import Version

# Neither a model nor a database nor a library that takes a second to load.
QUICK = frozenset(
    {
        *("exact", "contains", "not_contains", "keywords", "regex", "numeric", "date", "json_schema"),
        *("pydantic", "token_f1", "length", "readability", "language", "refusal"),
    }
)


def scores_of(output: str, case: Case, version: Version) -> list[dict[str, Any]]:
    """What the quick scorers of the case's dataset, and the case's own checks, say of `output`."""
    try:
        scorers = build_scorers(resolve(_quick(case.dataset.scorers)))
    except InvalidInput:  # stored by an older release: a run says what is wrong, here it is left out
        scorers = {}
    golden = Golden(
        key=case.key,
        inputs=case.inputs,
        expected=case.expected,
        category=case.category,
        locale=case.locale,
        output_schema=version.output_schema,
        metadata=case.metadata,
    )
    checks = tuple(case.checks) if len(_quick(case.checks)) == len(case.checks) else ()
    return judge_output(output, Item(case.pk, 0, golden, checks), scorers)


def left_out(case: Case) -> list[str]:
    """The kinds of scorers that a run would apply to the case, and the playground does not."""
    asked = [*case.dataset.scorers, *case.checks]
    return sorted({str(config.get("type")) for config in asked} - QUICK)


def _quick(configured: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [config for config in configured if config.get("type") in QUICK]
