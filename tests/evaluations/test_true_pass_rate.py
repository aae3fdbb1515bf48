"""Statistics e: the reference values, and what must hold of the rate."""

import pytest

from aiops.evaluations.anchored_scores import score_mean, weighted, weighted_pass_rate
from aiops.evaluations.anchoring import MINIMUM_GRADES, Stratum, true_pass_rate
from aiops.evaluations.trust import judge_trust
from tests.vectors import differences, vectors

CASES = vectors("e_true_pass_rate", "true_pass_rate", "hajek", "ppi_mean", "judge_trust")


def said(fn, **given):
    """Our answer under the names of the reference values."""
    if fn == "true_pass_rate":
        found = true_pass_rate([Stratum(**one) for one in given["strata"]], seed=1)
        return {
            "state": found.state, "graded": found.graded, "needed": MINIMUM_GRADES, "mean": found.mean,
            "low": found.low, "high": found.high,
        }  # fmt: skip  # pairs, read as a table
    if fn == "hajek":
        rate, whole = weighted_pass_rate(given["y"], given["pi"]), weighted(given["y"], given["pi"])
        return {"estimate": rate.mean, "n_eff": whole.worth, "low": rate.low, "high": rate.high}
    if fn == "ppi_mean":
        mean = score_mean(given["human"], given["judge_on_human"], given["judge_only"])
        method = {"measured": "ppi++", "human_mean": "human_mean", "collecting": "collecting"}[mean.state]
        return {
            "method": method, "lambda": mean.share, "mean": mean.mean, "se": mean.error, "low": mean.low,
            "high": mean.high,
        }  # fmt: skip  # pairs, read as a table
    trust = judge_trust(**given)
    return {
        "state": trust.state.value, "fail_recall": trust.fail_recall.share,
        "fail_recall_ci": list(trust.fail_recall.interval), "pass_recall": trust.pass_recall.share,
        "pass_recall_ci": list(trust.pass_recall.interval),
    }  # fmt: skip  # pairs, read as a table


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_reference_values_are_met(case):
    assert differences(said(**case["input"]), case["expect"], case["tolerance"]) == []


def test_the_reference_values_that_matter_hold_without_their_file():
    found = true_pass_rate([Stratum(1920, 52, 50), Stratum(80, 8, 3)], seed=7)
    assert (found.state, found.graded) == ("measured", 60)
    assert (found.mean, found.low, found.high) == pytest.approx((0.9301, 0.8615, 0.9710), abs=0.004)
    assert weighted_pass_rate([True] * 30 + [False] * 10, [0.1] * 40).mean == 0.75


def test_below_twenty_grades_there_is_no_number():
    assert true_pass_rate([Stratum(500, 19, 19), Stratum(9, 0, 0)], seed=1).mean is None
    assert weighted_pass_rate([True] * 19, [0.5] * 19).state == "collecting"
    assert weighted([], []) is None


def test_the_same_seed_gives_the_same_interval():
    strata = [Stratum(900, 30, 28), Stratum(100, 12, 4)]
    assert true_pass_rate(strata, seed=5) == true_pass_rate(strata, seed=5)


def test_grades_drawn_unequally_are_worth_fewer():
    half = weighted([True] * 20 + [False] * 20, [0.02] * 20 + [0.5] * 20)
    assert half.estimate == pytest.approx(20 / 20.8)
    assert half.worth < 25
    counted = true_pass_rate([Stratum(100, 12.5, 12.0), Stratum(10, 6.5, 1.5)], seed=1, grades=40)
    assert counted.graded == 40


def test_few_scores_are_no_mean_and_a_silent_judge_changes_none():
    assert score_mean([0.5], [0.5], [0.5]).state == "collecting"
    alone = score_mean([0.2, 0.8] * 60, [0.2, 0.8] * 60, [])
    assert (alone.state, alone.share, alone.mean) == ("human_mean", 0.0, pytest.approx(0.5))
