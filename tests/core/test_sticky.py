from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops.core import sticky
from tests.vectors import vectors


@pytest.mark.parametrize("case", vectors("a_sticky_bucket", "bucket"), ids=str)
def test_the_reference_buckets(case):
    assert sticky.bucket(case["input"]["salt"], case["input"]["id"]) == case["expect"]


@pytest.mark.parametrize("case", vectors("a_sticky_bucket", "enabled"), ids=str)
def test_the_reference_decisions(case):
    facts = case["input"]
    percent = Decimal(str(facts["percent"]))
    assert sticky.enabled(facts["salt"], facts["id"], percent) is case["expect"]["enabled"]


@pytest.mark.parametrize("case", vectors("a_sticky_bucket", "percent_valid"), ids=str)
def test_the_reference_percentages(case):
    assert sticky.percent_valid(case["input"]["percent"]) is case["expect"]


def test_values_that_never_change():
    assert (sticky.bucket("f3a9", "tenant-1:user-1"), sticky.bucket("f3a9", "mandant-ä:用户")) == (2539, 4740)
    buckets = [sticky.bucket("f3a9", f"user-{number}") for number in range(10_000)]
    counts = [sum(bucket < 100 * percent for bucket in buckets) for percent in (1, 5, 10, 25, 50, 100)]
    assert counts == [110, 494, 957, 2485, 5030, 10000]


@pytest.mark.parametrize(
    ("percent", "valid"),
    [
        ("0", True),
        ("100", True),
        ("12.34", True),
        ("-1", False),
        ("100.01", False),
        ("inf", False),
        ("x", False),
    ],
)
def test_a_percentage_has_at_most_two_decimals(percent, valid):
    assert sticky.percent_valid(percent) is valid


percents = st.decimals(0, 100, places=2)


@given(st.text(min_size=1), percents, percents)
def test_raising_the_share_takes_nobody_out(identity, one, other):
    low, high = sorted((one, other))
    assert not sticky.enabled("f3a9", identity, low) or sticky.enabled("f3a9", identity, high)
