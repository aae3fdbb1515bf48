"""What the approaches of several runs are called beside each other: as short as tells them apart (pure)."""

from collections import Counter
from collections.abc import Callable, Sequence

from aiops.evaluations.models import Approach, Kind, Run


def short_names(runs: Sequence[Run]) -> dict[int, str]:
    """By run: "the classifier", "sim-large", "v4", "v4 on sim-large", or all of it and the run's number."""
    approaches = {run.pk: run.approach for run in runs}
    names: dict[int, str] = {}
    for kind in Kind:
        names |= _of_kind({pk: one for pk, one in approaches.items() if one.kind == kind}, kind)
    return {run.pk: names[run.pk] for run in runs}


def _of_kind(approaches: dict[int, Approach], kind: Kind) -> dict[int, str]:
    """The shortest way to call them by which most differ; one approach twice is told apart by its run."""
    ways: tuple[Callable[[Approach], str], ...] = (_by_model, _by_version, _both, str)
    if kind != Kind.PROMPT:
        alone = f"the {kind.label.lower()}"
        ways = (lambda _one: alone, str)
    named = [{pk: way(one) for pk, one in approaches.items()} for way in ways]
    names = max(named, key=lambda names: len(set(names.values())))  # the shortest of those that tell most
    count = Counter(names.values())
    return {pk: f"{name} (run {pk})" if count[name] > 1 else name for pk, name in names.items()}


def _by_model(one: Approach) -> str:
    return one.by


def _by_version(one: Approach) -> str:
    """Such as "v4" of "support-summary v4"."""
    return one.name.rpartition(" ")[2]


def _both(one: Approach) -> str:
    return f"{_by_version(one)} on {one.by}"
