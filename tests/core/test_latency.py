import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops.core import latency
from tests.vectors import differences, vectors

CASES = vectors("j_latency", "bucket_index", "histogram", "merge", "quantile", "quantile_within")


def _counts(given_counts):
    return {int(place): count for place, count in given_counts.items()}


def _got(fn, facts):
    if fn == "bucket_index":
        return latency.bucket(facts["ms"])
    if fn == "histogram":
        return {str(place): count for place, count in latency.histogram(facts["values"]).items()}
    if fn == "merge":
        return {
            str(place): count for place, count in latency.merge(map(_counts, facts["histograms"])).items()
        }
    found = latency.quantile(_counts(facts["counts"]), facts["q"])
    return {"value": found.ms, "n": found.n, "enough": found.enough, "open_ended": found.open_ended}


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["input"]["fn"] != "quantile_within"], ids=str
)
def test_the_reference_values(case):
    facts = dict(case["input"])
    assert differences(_got(facts.pop("fn"), facts), case["expect"], case["tolerance"]) == []


def test_one_value_lies_in_the_middle_of_its_bucket():
    found = latency.quantile({100: 1}, 0.5)
    assert (round(found.ms, 6), found.n, found.enough, found.needed) == (128.332087, 1, False, 10)


def test_nothing_has_no_quantile():
    assert latency.quantile({}, 0.95) == latency.Quantile(None, 0, enough=False, open_ended=False, needed=100)


times = st.lists(st.floats(0.01, 600_000), min_size=1, max_size=60)


@given(times, st.sampled_from([0.5, 0.95, 0.99]))
def test_an_estimate_is_at_most_five_percent_off(values, q):
    true = sorted(values)[max(1, math.ceil(q * len(values) - 1e-9)) - 1]
    estimate = latency.quantile(latency.histogram(values), q).ms
    assert true <= 1 or abs(estimate / true - 1) <= 0.05 + 1e-9


@given(st.lists(times, max_size=5))
def test_merging_is_counting_all_at_once(groups):
    together = latency.histogram([value for group in groups for value in group])
    assert latency.merge(latency.histogram(group) for group in groups) == together
