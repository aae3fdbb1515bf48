"""The same decision from columns: thousands of cases in milliseconds, for pages (pure).

Where outcomes are yes or no `decide` gives what `decision.decide` gives: counts say all, and of clusters the
chance of every pattern of signs is summed up exactly, which the gate draws where they are many. Scores need
draws: `compare` then leaves p at NaN, and the decision is a worker's to make.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aiops.evaluations.gate.bounds import (
    Floats,
    binary_upper,
    cluster_se,
    cluster_upper,
    mcnemar_p,
    mean_upper,
    z_of,
)
from aiops.evaluations.gate.cases import Demands
from aiops.evaluations.gate.decision import Decision, Outcome, Reason, settle
from aiops.evaluations.gate.families import holm
from aiops.evaluations.gate.groups import SHOWN, UPPER, Group

Ints = NDArray[np.int_]
OWN = -1  # the cluster of a case that shares none


@dataclass(frozen=True, slots=True)
class Pairs:
    """Both sides' value of each case, (n,) each, NaN where missing; codes of category, locale and cluster.

    `broken` holds the keys of must-pass cases that the candidate failed.
    """

    base: Floats
    cand: Floats
    category: Ints
    locale: Ints
    cluster: Ints
    categories: Sequence[str]
    locales: Sequence[str]
    broken: tuple[str, ...] = ()

    @property
    def usable(self) -> NDArray[np.bool_]:
        """(n,): whether both sides have a value."""
        both: NDArray[np.bool_] = ~(np.isnan(self.base) | np.isnan(self.cand))
        return both


def decide(pairs: Pairs, demands: Demands) -> Decision | None:
    """The gate's decision; None where it needs draws."""
    return _decided(pairs, demands) if demands.metric == "binary" else None


def by_group(pairs: Pairs, number: Ints, names: Sequence[str], demands: Demands) -> dict[str, Group]:
    """The comparison within each group that has a pair, however small."""
    usable = pairs.usable
    found = {}
    for place, name in enumerate(names):
        within = usable & (number == place)
        if within.any():
            found[name] = compare(pairs, within, demands)
    return found


def compare(pairs: Pairs, within: NDArray[np.bool_], demands: Demands) -> Group:
    """Fall, p and bounds of the pairs `within`, at least one; p is NaN where it needs draws."""
    base, cand = pairs.base[within], pairs.cand[within]
    falls = base - cand
    worse, better = int((falls > 0).sum()), int((falls < 0).sum())
    clusters = _numbered(pairs.cluster[within])
    binary = demands.metric == "binary"

    def upper(of: Floats, down: int, up: int, level: float) -> float:
        plain = binary_upper(down, up, len(of), z_of(level)) if binary else mean_upper(of, level)
        return plain if clusters is None else max(plain, cluster_upper(of, clusters, level))

    return Group(
        n=len(falls),
        base=float(base.mean()),
        cand=float(cand.mean()),
        fall=float(falls.mean()),
        p=_chance(falls, worse, better, clusters) if binary else math.nan,
        upper=upper(falls, worse, better, UPPER),
        low=-upper(-falls, better, worse, SHOWN),
        high=upper(falls, worse, better, SHOWN),
        regressed=worse,
        improved=better,
        var=_variance(falls, worse, better, clusters, binary=binary),
    )


def _decided(pairs: Pairs, demands: Demands) -> Decision:
    usable = pairs.usable
    n = int(usable.sum())
    tested: dict[tuple[str, str], Group] = {}
    small: dict[str, int] = {}
    families = (("category", pairs.category, pairs.categories), ("locale", pairs.locale, pairs.locales))
    for kind, number, names in families:
        sizes = np.bincount(number[usable], minlength=len(names))
        for place, name in enumerate(names):
            if not name or sizes[place] in (0, n):
                continue
            if sizes[place] < demands.min_category:
                small[f"{kind}:{name}"] = int(sizes[place])
            else:
                tested[kind, name] = compare(pairs, usable & (number == place), demands)
    corrected = _corrected(tested)
    clusters = _numbered(pairs.cluster[usable])
    return settle(
        Decision(
            outcome=Outcome.INCONCLUSIVE,
            reason=Reason.NOT_RESOLVED,
            demands=demands,
            total=compare(pairs, usable, demands) if n else None,
            cases=len(usable),
            missing=len(usable) - n,
            must_pass_failed=pairs.broken,
            categories={name: group for (kind, name), group in corrected.items() if kind == "category"},
            locales={name: group for (kind, name), group in corrected.items() if kind == "locale"},
            small=small,
            clusters=None if clusters is None else len(set(clusters)),
        )
    )


def _chance(falls: Floats, worse: int, better: int, clusters: list[int] | None) -> float:
    """One-sided p of yes-or-no outcomes: whole clusters flip their sign."""
    if clusters is None:
        return mcnemar_p(worse, better)
    return sign_flip_chance(np.bincount(clusters, weights=falls).round().astype(np.int64))


def sign_flip_chance(sums: Ints) -> float:
    """Chance of a total this large if each sign were a coin toss, over all patterns of signs: exact."""
    sizes, total = np.abs(sums[sums != 0]), int(sums.sum())
    reach = int(sizes.sum())
    chances = np.zeros(2 * reach + 1)
    chances[reach] = 1.0
    for size in sizes:
        chances = (np.roll(chances, size) + np.roll(chances, -size)) / 2
    return min(1.0, float(chances[reach + total :].sum()))


def _corrected(tested: Mapping[tuple[str, str], Group]) -> dict[tuple[str, str], Group]:
    chances = holm([group.p for group in tested.values()]) if tested else []
    return {key: replace(group, p_holm=p) for (key, group), p in zip(tested.items(), chances, strict=True)}


def _numbered(cluster: Ints) -> list[int] | None:
    """Clusters from 0, a case without one is a cluster of its own; None where no case shares one."""
    own = cluster == OWN
    if own.all():
        return None
    codes = np.where(own, cluster.max(initial=0) + 1 + np.arange(len(cluster)), cluster)
    return [int(code) for code in np.unique(codes, return_inverse=True)[1]]


def _variance(falls: Floats, b: int, c: int, clusters: list[int] | None, *, binary: bool) -> float:
    n = len(falls)
    if clusters is not None:
        return n * cluster_se(falls, clusters)[0] ** 2
    if not binary:
        return float(falls.var(ddof=1)) if n > 1 else 0.0
    return (b + c + 1) / (n + 2) - ((b - c) / (n + 2)) ** 2
