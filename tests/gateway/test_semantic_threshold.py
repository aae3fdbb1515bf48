"""STATISTICS g, against its reference values and copies of those that matter."""

from dataclasses import asdict

import pytest

from aiops.gateway.semantic import threshold
from aiops.gateway.semantic.threshold import Bin
from tests.vectors import differences, vectors

CASES = vectors("g_semantic_cache", "false_hit_rate", "min_checks", "cache_threshold")


def _got(fn, facts):
    if fn == "min_checks":
        return threshold.min_checks(facts["target"])
    if fn == "false_hit_rate":
        return asdict(threshold.false_hit_rate(facts["false_hits"], facts["checks"]))
    return asdict(threshold.decide(facts["current"], [Bin(**one) for one in facts["bins"]]))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_reference_values(case):
    facts = dict(case["input"])
    assert differences(_got(facts.pop("fn"), facts), case["expect"], case["tolerance"]) == []


@pytest.mark.parametrize(("target", "needed"), [(0.01, 299), (0.02, 149), (0.005, 598), (0.05, 59)])
def test_so_many_checks_are_needed(target, needed):
    assert threshold.min_checks(target) == needed


def test_a_rate_is_shown_with_one_interval_and_decided_by_another():
    found = threshold.false_hit_rate(4, 1200)
    shown = (found.rate, found.low, found.high, found.upper)
    assert shown == pytest.approx((0.00333333333, 0.00129700851, 0.00853938543, 0.00761156462))
    assert threshold.false_hit_rate(0, 0) == threshold.Rate(None, 0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("current", "bins", "smallest", "action", "after"),
    [
        (0.86, [(0.86, 400, 18), (0.9, 500, 6), (0.94, 900, 2), (0.97, 700, 0)], 0.9, "raise", 0.9),
        (0.9, [(0.86, 400, 18), (0.9, 500, 2), (0.94, 900, 1), (0.97, 700, 0)], 0.9, "keep", 0.9),
        (0.95, [(0.85, 800, 1), (0.9, 800, 1), (0.95, 800, 0)], 0.85, "keep", 0.95),
        (0.9, [(0.9, 60, 0), (0.95, 90, 0)], None, "collect", 0.9),
        (0.9, [(0.9, 300, 14), (0.95, 260, 9)], None, "off", 0.9),
    ],
)
def test_a_threshold_is_raised_kept_or_given_up_and_never_lowered(current, bins, smallest, action, after):
    found = threshold.decide(current, [Bin(*one) for one in bins])
    assert (found.smallest_ok, found.action, found.threshold) == (smallest, action, after)


@pytest.mark.parametrize(("likeness", "at"), [(0.69, None), (0.7, 0.7), (0.879, 0.85), (1.0, 0.99)])
def test_a_hit_belongs_to_one_bin(likeness, at):
    assert threshold.bin_of(likeness) == at
