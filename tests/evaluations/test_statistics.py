import pytest
from scipy.stats import binomtest, t

from aiops.evaluations import statistics


@pytest.mark.parametrize(("passed", "n"), [(0, 20), (20, 20), (7, 20), (312, 400), (1, 100000)])
def test_wilson_is_scipys(passed, n):
    expected = binomtest(passed, n).proportion_ci(method="wilson")
    interval = statistics.wilson(passed, n)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert interval.mid == passed / n


def test_wilson_of_averaged_repeats_lies_between_its_neighbours():
    low, mid, high = (statistics.wilson(passed, 30) for passed in (10, 10.5, 11))
    assert low.low < mid.low < high.low
    assert low.high < mid.high < high.high


def test_mean_interval_is_students():
    interval = statistics.mean_interval(0.5, 0.1, 25)
    assert interval.high - 0.5 == pytest.approx(t.ppf(0.975, 24) * 0.1 / 5)
    assert statistics.mean_interval(0.99, 0.5, 4).high == 1.0
    assert statistics.mean_interval(0.3, None, 1) == statistics.Interval(0.0, 0.3, 1.0)


def test_nothing_has_no_interval():
    assert statistics.wilson(0, 0) is None
    assert statistics.mean_interval(0.0, None, 0) is None


def test_enough_begins_at_twenty():
    assert (statistics.enough(19), statistics.enough(20)) == (False, True)
