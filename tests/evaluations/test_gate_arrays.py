"""The gate on columns says what the gate says of cases."""

import math
from dataclasses import replace

import numpy as np
import pytest

from aiops.evaluations.gate.arrays import OWN, Pairs, by_group, compare, decide, sign_flip_chance
from aiops.evaluations.gate.cases import Demands, PairedCase, pair_up
from aiops.evaluations.gate.decision import decide as decide_cases
from aiops.evaluations.gate.groups import compare as compare_pairs

CATEGORIES = ["", "account", "refund"]
LOCALES = ["en", "ja"]


def some_pairs(n=300, seed=1, fall=0.0, missing=0.0, clusters=0):
    draw = np.random.default_rng(seed)
    base = (draw.random(n) < 0.8).astype(float)
    worse = draw.random(n) < fall
    cand = np.where(worse, 0.0, np.where(draw.random(n) < 0.05, 1 - base, base))
    cand[draw.random(n) < missing] = math.nan
    return Pairs(
        base=base,
        cand=cand,
        category=draw.integers(0, 3, n),
        locale=draw.integers(0, 2, n),
        cluster=draw.integers(0, clusters, n) if clusters else np.full(n, OWN),
        categories=CATEGORIES,
        locales=LOCALES,
    )


def as_cases(pairs):
    """The same as the gate takes it, one repeat a side."""

    def one(value):
        return (None,) if math.isnan(value) else (float(value),)

    return [
        PairedCase(
            base=one(pairs.base[at]),
            cand=one(pairs.cand[at]),
            category=CATEGORIES[pairs.category[at]],
            locale=LOCALES[pairs.locale[at]],
            cluster=None if pairs.cluster[at] == OWN else str(pairs.cluster[at]),
            key=str(at),
        )
        for at in range(len(pairs.base))
    ]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"fall": 0.2},
        {"n": 25},
        {"n": 60, "seed": 3},
        {"missing": 0.5},
        {"missing": 0.01, "n": 900},
        {"n": 4000, "seed": 9},
    ],
)
def test_the_decision_is_the_one_of_the_gate(given):
    pairs = some_pairs(**given)
    assert decide(pairs, Demands()) == decide_cases(as_cases(pairs))


def test_a_failed_must_pass_case_blocks():
    decision = decide(replace(some_pairs(), broken=("t-1",)), Demands())
    assert (decision.outcome, decision.reason) == ("BLOCK", "must_pass")


def test_no_pair_is_missing_results():
    pairs = some_pairs(n=30, missing=1.0)
    assert decide(pairs, Demands()) == decide_cases(as_cases(pairs))


@pytest.mark.parametrize(
    "given",
    [{"clusters": 9}, {"clusters": 60}, {"clusters": 60, "fall": 0.1}, {"clusters": 9, "n": 40, "fall": 0.5}],
)
def test_of_clusters_the_chance_is_exact_where_the_gate_draws(given):
    pairs = some_pairs(**given)
    mine, theirs = decide(pairs, Demands()), decide_cases(as_cases(pairs), Demands())
    assert (mine.outcome, mine.reason, mine.clusters) == (theirs.outcome, theirs.reason, theirs.clusters)
    assert mine.total.p == pytest.approx(theirs.total.p, abs=0.01)
    assert replace(mine.total, p=0.0) == replace(theirs.total, p=0.0)


@pytest.mark.parametrize(("sums", "chance"), [([0, 0], 1.0), ([2], 0.5), ([1, 1, -1], 0.5), ([3, 1], 0.25)])
def test_the_chance_over_all_patterns_of_signs(sums, chance):
    assert sign_flip_chance(np.array(sums)) == chance


@pytest.mark.parametrize(
    ("pairs", "demands"),
    [
        (some_pairs(clusters=40), Demands(metric="score")),
        (some_pairs(), Demands(metric="score")),
    ],
)
def test_what_needs_draws_is_left_to_the_gate(pairs, demands):
    assert decide(pairs, demands) is None
    mine = compare(pairs, pairs.usable, demands)
    theirs = compare_pairs(pair_up(as_cases(pairs), demands), demands)
    assert math.isnan(mine.p)
    assert replace(mine, p=0.0, n=theirs.n) == replace(theirs, p=0.0)


def test_one_score_has_no_variance():
    pairs = some_pairs(n=1)
    assert compare(pairs, pairs.usable, Demands(metric="score")).var == 0.0


def test_groups_are_compared_however_small():
    pairs = some_pairs(n=12)
    found = by_group(pairs, pairs.locale, [*LOCALES, "fr"], Demands())
    assert {name: group.n for name, group in found.items()} == {
        name: int((pairs.locale == at).sum()) for at, name in enumerate(LOCALES)
    }
