from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from aiops.core import clock, figures

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_three(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (None, "–"),
        ("", "–"),
        (0, "0"),
        (1204, "1,204"),
        (1234.5, "1,234.5"),
        (Decimal(1000000), "1,000,000"),
    ],
)
def test_count_separates_thousands(number, said):
    assert figures.count(number) == said


@pytest.mark.parametrize(
    ("share", "sample", "said"),
    [
        (None, 10, "–"),
        ("", None, "–"),
        (0.5417, 48, "54\N{NO-BREAK SPACE}%"),
        (0.8674, 199, "87\N{NO-BREAK SPACE}%"),
        (0.8674, 200, "86.7\N{NO-BREAK SPACE}%"),
        (0.8674, None, "86.7\N{NO-BREAK SPACE}%"),
    ],
)
def test_percent_has_a_decimal_only_where_the_sample_carries_it(share, sample, said):
    assert figures.percent(share, sample) == said


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (None, "–"),
        ("", "–"),
        (0, "0 ms"),
        (0.0004, "0.01 ms"),
        (0.352, "0.4 ms"),
        (0.96, "1 ms"),
        (412.4, "412 ms"),
        (999.6, "1.00 s"),
        (1620, "1.62 s"),
        (46_000, "46 s"),
        (59_990, "1 min 0 s"),
        (106_000, "1 min 46 s"),
        (7_500_000, "2 h 5 min"),
    ],
)
def test_duration_uses_the_unit_that_fits(ms, said):
    assert figures.duration(ms).replace("\N{NO-BREAK SPACE}", " ") == said


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(minutes=3), "3 min ago"),
        (timedelta(hours=5), "5 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=6), "6 days ago"),
        (timedelta(days=8), "15 Nov"),
        (timedelta(days=400), "19 Oct 2025"),
        (timedelta(seconds=-5), "now"),
        (timedelta(minutes=-10), "in 10 min"),
    ],
)
def test_ago_says_one_unit_then_the_date(age, said):
    assert figures.ago(NOW - age).replace("\N{NO-BREAK SPACE}", " ") == said


def test_absolute_time_is_in_the_viewers_zone():
    with timezone.override("Asia/Tokyo"):
        assert figures.absolute(NOW) == "2026-11-24 00:00:00 JST"
