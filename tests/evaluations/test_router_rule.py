"""STATISTICS h, against its reference values and copies of those that matter."""

from dataclasses import asdict

import numpy as np
import pytest

from aiops.evaluations import router_rule
from aiops.evaluations.router_rule import Sample
from tests.vectors import differences, vectors

CASES = vectors("h_router", "router_threshold", "router_savings")
GRID = [0.5, 0.6, 0.7, 0.8, 0.9]


def _threshold(cases, **rule):
    rows = [(score, large, small) for count, score, large, small in cases for _ in range(count)]
    score, large, small = np.array(rows, dtype=float).T
    found = router_rule.threshold(score, large, small, **{"grid": GRID, **rule})
    measured = asdict(found.measured) if found.measured else {}
    return {**measured, "threshold": found.threshold, "reason": found.reason, "n": found.n}


def _got(facts):
    if facts.pop("fn") == "router_savings":
        samples = [Sample(one["requests"], one["saving"], one["large_cost"]) for one in facts["categories"]]
        return asdict(router_rule.savings(samples))
    cases = [(one["count"], one["score"], one["large"], one["small"]) for one in facts.pop("cases")]
    names = {"conf": "confidence", "min_cases": "least"}
    return _threshold(cases, **{names.get(name, name): value for name, value in facts.items()})


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_reference_values(case):
    assert differences(_got(dict(case["input"])), case["expect"], case["tolerance"]) == []


def test_the_walk_stops_where_the_small_model_loses():
    cases = [
        (60, 0.95, 1, 1), (40, 0.85, 1, 1), (30, 0.75, 1, 1), (2, 0.75, 1, 0), (20, 0.65, 1, 1),
        (12, 0.65, 1, 0), (30, 0.3, 1, 0),
    ]  # fmt: skip  # rows of a table, one to a line
    assert _threshold(cases) == {
        "threshold": 0.7,
        "reason": "ok",
        "n": 194,
        "loss": pytest.approx(0.010309278),
        "upper": pytest.approx(0.030671792),
        "routed_share": pytest.approx(0.680412371),
    }


@pytest.mark.parametrize(
    ("cases", "rule", "reason"),
    [
        ([(12, 0.95, 1, 1)], {}, "too_few_cases"),
        ([(40, 0.95, 1, 0), (40, 0.8, 1, 1)], {}, "margin_not_met"),
        ([(100, 0.95, 1, 1)], {"margin": 0.02}, "margin_not_met"),
        ([(90, 0.95, 1, 1), (1, 0.95, 1, 0)], {"confidence": 0.99}, "margin_not_met"),
    ],
)
def test_no_threshold_where_nothing_is_proven(cases, rule, reason):
    found = _threshold(cases, **rule)
    assert (found["threshold"], found["reason"]) == (None, reason)


def test_scores_between_none_and_all_are_bounded_too():
    found = _threshold([(100, 0.95, 0.9, 0.89), (60, 0.75, 0.8, 0.78), (40, 0.55, 0.9, 0.5)])
    assert (found["threshold"], found["upper"]) == (0.6, pytest.approx(0.024347160654))


def test_a_small_model_that_is_better_is_used_all_the_way_down():
    found = _threshold([(200, 0.95, 1, 1), (100, 0.55, 0, 1)])
    assert (found["threshold"], found["upper"]) == (0.5, pytest.approx(-0.28624974331))


def test_savings_add_up_by_category():
    sample = Sample(1000, [0.0, 0.01, 0.02] * 10, [0.02, 0.03, 0.04] * 10)
    found = router_rule.savings([sample])
    assert (found.saving, found.share) == (pytest.approx(10), pytest.approx(1 / 3))
    assert (found.low, found.high) == (pytest.approx(7.0274, abs=1e-3), pytest.approx(12.9726, abs=1e-3))
    assert found.share_low < found.share < found.share_high


@pytest.mark.parametrize(
    "samples", [[], [Sample(5, [0.1] * 29, [0.2] * 29)], [Sample(5, [0.0] * 30, [0.0] * 30)]]
)
def test_no_saving_is_said_without_a_sample_or_money(samples):
    assert router_rule.savings(samples) is None
