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
    """The first way to call them by which all differ; the same approach twice is told apart by its run."""
    ways: tuple[Callable[[Approach], str], ...] = (_by_model, _by_version, _both, str)
    if kind != Kind.PROMPT:
        alone = f"the {kind.label.lower()}"
        ways = (lambda _one: alone, str)
    for way in ways:
        names = {pk: way(one) for pk, one in approaches.items()}
        if len(set(names.values())) == len(names):
            return names
    count = Counter(names.values())
    return {pk: f"{name} (run {pk})" if count[name] > 1 else name for pk, name in names.items()}


def _by_model(one: Approach) -> str:
    return one.by


def _by_version(one: Approach) -> str:
    """Such as "v4" of "support-summary v4"."""
    return one.name.rpartition(" ")[2]


def _both(one: Approach) -> str:
    return f"{_by_version(one)} on {one.by}"
