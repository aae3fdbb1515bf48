"""How good a classifier is, from what was predicted out of fold: shares with Wilson's interval at 95 %."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

CONFUSIONS = 20
NO_CATEGORY = "(none)"


class Asked(NamedTuple):
    """One case and what a model that had not seen it said."""

    expected: str
    predicted: str
    category: str


def report(asked: Sequence[Asked]) -> dict[str, Any]:
    """{"accuracy", "labels", "categories", "confusions"}: labels and categories with the weakest first."""
    confusions = Counter((one.expected, one.predicted) for one in asked if one.expected != one.predicted)
    return {
        "accuracy": _share("", [one.expected == one.predicted for one in asked]),
        "labels": _grouped((one.expected, one.expected == one.predicted) for one in asked),
        "categories": _grouped((one.category or NO_CATEGORY, one.expected == one.predicted) for one in asked),
        "confusions": [
            {"expected": pair[0], "predicted": pair[1], "n": times}
            for pair, times in sorted(confusions.items(), key=lambda item: (-item[1], item[0]))[:CONFUSIONS]
        ],
    }


def _grouped(rows: Iterable[tuple[str, bool]]) -> list[dict[str, Any]]:
    groups: dict[str, list[bool]] = {}
    for name, right in rows:
        groups.setdefault(name, []).append(right)
    shares = [_share(name, rights) for name, rights in groups.items()]
    return sorted(shares, key=lambda share: (share["mid"], share["name"]))


def _share(name: str, rights: Sequence[bool]) -> dict[str, Any]:
    from scipy.stats import binomtest  # noqa: PLC0415 - slow to load, and pages only show what is stored

    n, right = len(rights), sum(rights)
    interval = binomtest(right, n).proportion_ci(method="wilson")
    return {
        "name": name,
        "n": n,
        "right": right,
        "low": float(interval.low),
        "mid": right / n,
        "high": float(interval.high),
    }
