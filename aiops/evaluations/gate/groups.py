"""The comparison of a group of pairs: its fall, its p-value and its bounds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from aiops.evaluations.gate.bounds import (
    Floats,
    binary_upper,
    cluster_se,
    cluster_upper,
    mcnemar_p,
    mean_upper,
    sign_flip_p,
    z_of,
)
from aiops.evaluations.gate.cases import Demands, Pair
from aiops.evaluations.gate.families import holm

UPPER = 0.95  # one-sided: decides
SHOWN = 0.975  # two-sided 95 %: for people, decides nothing


@dataclass(frozen=True, slots=True)
class Group:
    """Shares in 0..1; `low` and `high` are the two-sided 95 % interval of the fall."""

    n: int
    base: float
    cand: float
    fall: float
    p: float
    upper: float
    low: float
    high: float
    regressed: int
    improved: int
    var: float  # of one case's fall; what further cases are reckoned from
    p_holm: float | None = None


def compare(pairs: Sequence[Pair], demands: Demands) -> Group:
    """Fall, p and bounds of a non-empty group of pairs."""
    falls = np.array([pair.fall for pair in pairs])
    return Group(
        n=len(pairs),
        base=float(np.mean([pair.base for pair in pairs])),
        cand=float(np.mean([pair.cand for pair in pairs])),
        fall=float(falls.mean()),
        p=_p(pairs, falls, demands),
        upper=_upper(pairs, falls, demands, UPPER),
        low=-_upper(pairs, -falls, demands, SHOWN),
        high=_upper(pairs, falls, demands, SHOWN),
        regressed=int((falls > 0).sum()),
        improved=int((falls < 0).sum()),
        var=_variance(pairs, falls, demands),
    )


def cluster_numbers(pairs: Sequence[Pair]) -> list[int] | None:
    """Each pair's cluster as a number from 0, cases without one alone; None where no case has a cluster."""
    if not any(pair.case.cluster for pair in pairs):
        return None
    names = [(pair.case.cluster, -1) if pair.case.cluster else ("", at) for at, pair in enumerate(pairs)]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return [numbers[name] for name in names]


def compare_named(
    pairs: Sequence[Pair], demands: Demands
) -> tuple[dict[str, Group], dict[str, Group], dict[str, int]]:
    """Categories and locales of at least `min_category` pairs, one Holm family; the smaller ones' sizes.

    A group that holds all pairs is left out: it would be tested twice.
    """
    tested: dict[tuple[str, str], Group] = {}
    small: dict[str, int] = {}
    for (kind, name), members in _members(pairs).items():
        if len(members) == len(pairs):
            continue
        if len(members) < demands.min_category:
            small[f"{kind}:{name}"] = len(members)
        else:
            tested[kind, name] = compare(members, demands)
    tested = _holm(tested)
    categories = {name: group for (kind, name), group in tested.items() if kind == "category"}
    locales = {name: group for (kind, name), group in tested.items() if kind == "locale"}
    return categories, locales, small


def _members(pairs: Sequence[Pair]) -> dict[tuple[str, str], list[Pair]]:
    members: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        for key in (("category", pair.case.category), ("locale", pair.case.locale)):
            if key[1]:
                members.setdefault(key, []).append(pair)
    return members


def _holm(tested: dict[tuple[str, str], Group]) -> dict[tuple[str, str], Group]:
    if not tested:
        return tested
    adjusted = holm([group.p for group in tested.values()])
    return {key: replace(group, p_holm=p) for (key, group), p in zip(tested.items(), adjusted, strict=True)}


def _p(pairs: Sequence[Pair], falls: Floats, demands: Demands) -> float:
    clusters = cluster_numbers(pairs)
    if clusters is not None:
        return sign_flip_p(np.bincount(clusters, weights=falls).astype(np.float64), demands.seed)
    if demands.metric == "score":
        return sign_flip_p(falls, demands.seed)
    return mcnemar_p(int((falls > 0).sum()), int((falls < 0).sum()))


def _upper(pairs: Sequence[Pair], falls: Floats, demands: Demands, level: float) -> float:
    if demands.metric == "score":
        plain = mean_upper(falls, level)
    else:
        plain = binary_upper(int((falls > 0).sum()), int((falls < 0).sum()), len(falls), z_of(level))
    clusters = cluster_numbers(pairs)
    return plain if clusters is None else max(plain, cluster_upper(falls, clusters, level))


def _variance(pairs: Sequence[Pair], falls: Floats, demands: Demands) -> float:
    n, clusters = len(falls), cluster_numbers(pairs)
    if clusters is not None:
        return n * cluster_se(falls, clusters)[0] ** 2
    if demands.metric == "score":
        return float(falls.var(ddof=1)) if n > 1 else 0.0
    b, c = int((falls > 0).sum()), int((falls < 0).sum())
    return (b + c + 1) / (n + 2) - ((b - c) / (n + 2)) ** 2
