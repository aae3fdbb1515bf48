"""A decision as JSON: what pages, reports and programs show of it (pure).

    {"total": ROW, "category": [ROW, ...], "locale": [ROW, ...], "both": [ROW, ...], "cases", "missing",
     "clusters", "must_pass_failed": [case key, ...], "demands": {...},
     "flipped": {"down": [case id, ...], "up": [...]}}

A row's shares are 0..1 and its `difference` is candidate minus base, so negative is worse. `low` and `high`
are null for a group that is too small; `state` is "block", "pass", "unsure" or "small". Of categories crossed
with locales nothing is tested: their state says what stands out, after Benjamini and Hochberg's correction.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from aiops.evaluations.gate.cases import Demands, Pair, PairedCase, pair_up
from aiops.evaluations.gate.decision import Decision
from aiops.evaluations.gate.families import benjamini_hochberg
from aiops.evaluations.gate.groups import Group, compare
from aiops.evaluations.gate.words import named

MOST_FLIPPED = 20_000  # case ids that are kept of each direction
BETWEEN = " · "


def as_json(decision: Decision, cases: Sequence[PairedCase], ids: Sequence[int]) -> dict[str, Any]:
    """`ids` are the rows of `cases`, in the same order."""
    demands = decision.demands
    pairs = pair_up(cases, demands)
    known = {case.key: row for case, row in zip(cases, ids, strict=True)}
    return {
        "total": None if decision.total is None else _row("", decision.total, demands),
        "category": _rows(pairs, lambda pair: pair.case.category, decision.categories, demands),
        "locale": _rows(pairs, lambda pair: pair.case.locale, decision.locales, demands, named),
        "both": _both(pairs, demands),
        "cases": decision.cases,
        "missing": decision.missing,
        "clusters": decision.clusters,
        "must_pass_failed": list(decision.must_pass_failed),
        "demands": asdict(demands),
        "flipped": {"down": _flipped(pairs, known, 1), "up": _flipped(pairs, known, -1)},
    }


def _rows(
    pairs: Sequence[Pair],
    name_of: Callable[[Pair], str],
    tested: dict[str, Group],
    demands: Demands,
    words: Callable[[str], str] = str,
) -> list[dict[str, Any]]:
    """One row a group, the largest fall first, those too small to be tested last."""
    members: dict[str, list[Pair]] = {}
    for pair in pairs:
        members.setdefault(name_of(pair), []).append(pair)
    if len(members) < 2:
        return []
    rows = [
        _row(name, tested[name], demands, words(name)) if name in tested else _small(name, group, words(name))
        for name, group in members.items()
    ]
    return sorted(rows, key=lambda row: (row["state"] == "small", row["difference"]))


def _both(pairs: Sequence[Pair], demands: Demands) -> list[dict[str, Any]]:
    """Categories within locales: exploratory."""
    members: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        if pair.case.category and pair.case.locale:
            members.setdefault((pair.case.category, pair.case.locale), []).append(pair)
    large = {
        key: compare(group, demands) for key, group in members.items() if len(group) >= demands.min_category
    }
    chances = benjamini_hochberg([one.p for one in large.values()])
    rows = []
    for (key, one), chance in zip(large.items(), chances, strict=True):
        row = _row(BETWEEN.join(key), one, demands, _both_words(key))
        row["state"] = "block" if chance <= demands.alpha else row["state"]
        rows.append(row)
    rows += [
        _small(BETWEEN.join(key), group, _both_words(key))
        for key, group in members.items()
        if key not in large
    ]
    return sorted(rows, key=lambda row: (row["state"] == "small", row["difference"]))


def _both_words(key: tuple[str, str]) -> str:
    return BETWEEN.join((key[0], named(key[1])))


def _row(name: str, group: Group, demands: Demands, words: str = "") -> dict[str, Any]:
    return {
        "name": name,
        "words": words or name,
        "n": group.n,
        "base": group.base,
        "candidate": group.cand,
        "difference": -group.fall,
        "low": -group.high,
        "high": -group.low,
        "worst": -group.upper,
        "p": group.p if group.p_holm is None else group.p_holm,
        "down": group.regressed,
        "up": group.improved,
        "state": _state(group, demands),
    }


def _state(group: Group, demands: Demands) -> str:
    if (group.p if group.p_holm is None else group.p_holm) <= demands.alpha:
        return "block"
    return "pass" if group.upper < demands.margin else "unsure"


def _small(name: str, pairs: Sequence[Pair], words: str) -> dict[str, Any]:
    n = len(pairs)
    base, candidate = sum(pair.base for pair in pairs) / n, sum(pair.cand for pair in pairs) / n
    return {
        "name": name,
        "words": words,
        "n": n,
        "base": base,
        "candidate": candidate,
        "difference": candidate - base,
        "low": None,
        "high": None,
        "worst": None,
        "p": None,
        "down": sum(pair.fall > 0 for pair in pairs),
        "up": sum(pair.fall < 0 for pair in pairs),
        "state": "small",
    }


def _flipped(pairs: Sequence[Pair], ids: dict[str, int], sign: int) -> list[int]:
    """Rows of the cases that got worse (1) or better (-1), the largest difference first."""
    found = [pair for pair in pairs if sign * pair.fall > 0]
    found.sort(key=lambda pair: -sign * pair.fall)
    return [ids[pair.case.key] for pair in found[:MOST_FLIPPED]]
