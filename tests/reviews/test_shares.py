"""Shares are set from counts alone: the budget holds, the minimum is met, tails stay above the base share."""

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops.reviews.models import TAIL, Stratum
from aiops.reviews.sampling.chance import chance, doubled
from aiops.reviews.sampling.shares import Week, batch_shares, expected_items
from aiops.reviews.sampling.strata import Learnt, Seen, Usual, stratum_of, traits

R, DOWN, LONG = Stratum.RANDOM, Stratum.THUMBS_DOWN, Stratum.LONGEST
ASKED = {"thumbs_down": 1.0, "longest": 0.1}

counts = st.dictionaries(st.sampled_from([R, *TAIL]), st.integers(0, 100_000), min_size=1)
part = st.floats(0, 1)
weeks = st.builds(
    Week, st.integers(0, 2_000), st.integers(0, 200), st.integers(0, 2_500), st.integers(0, 300),
    st.floats(0, 1e6),
)  # fmt: skip  # one argument after the other


def items(found, calls):
    return sum(expected_items(calls, found).values())


def test_a_week_with_room_draws_what_is_asked_for():
    week = Week(budget=1_000, minimum=20, ahead=16_000)
    assert batch_shares({R: 90, LONG: 9, DOWN: 1}, ASKED, 0.05, week) == {R: 0.05, LONG: 0.1, DOWN: 1.0}


def test_a_tight_week_gives_half_to_the_base_share_and_half_to_the_tails():
    calls = {R: 900, LONG: 80, DOWN: 20}
    found = batch_shares(calls, ASKED, 0.05, Week(budget=240, minimum=20, ahead=15_000))
    assert items(found, calls) == pytest.approx(30)
    assert found[R] == pytest.approx(0.015)
    assert found[DOWN] > found[LONG] > found[R]


def test_what_the_tails_leave_goes_back_to_the_base_share():
    calls = {R: 990, DOWN: 10}
    found = batch_shares(calls, ASKED, 0.05, Week(budget=320, minimum=20, ahead=15_000))
    assert found[DOWN] == 1.0
    assert items(found, calls) == pytest.approx(40)


def test_a_quiet_feature_reaches_the_weeks_minimum():
    week = Week(budget=150, minimum=20, drawn=5, random=5, ahead=70)
    assert batch_shares({R: 5}, {}, 0.05, week)[R] == pytest.approx(0.2)


def test_a_full_week_draws_nothing():
    assert batch_shares({R: 10, DOWN: 1}, ASKED, 0.05, Week(100, 20, drawn=100)) == {R: 0, DOWN: 0}


@given(counts, st.dictionaries(st.sampled_from([s.value for s in TAIL]), part), part, weeks)
def test_no_batch_passes_its_part_and_no_tail_is_below_the_base_share(calls, shares, base, week):
    found = batch_shares(calls, shares, base, week)
    assert all(found[R] <= share <= 1 for share in found.values())
    total = sum(calls.values())
    if total:
        assert items(found, calls) <= week.room(total) * (1 + 1e-9) + 1e-6


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200), weeks)
def test_the_budget_holds_over_a_week_of_batches(hours, week):
    """Even if each hour brought what is expected, however calls are spread over the hours."""
    calls = [int(1_000 * hour) for hour in hours]
    drawn = 0.0
    for at, now in enumerate(calls):
        here = Week(week.budget, 0, drawn=int(drawn + 1), ahead=float(sum(calls[at + 1 :])))
        drawn += items(batch_shares({R: now, DOWN: now // 10}, ASKED, 0.3, here), {R: now, DOWN: now // 10})
    assert drawn <= week.budget + 1


def test_chance_is_of_the_id_alone_and_even():
    numbers = [chance("summary", f"call_{number}") for number in range(4_000)]
    assert numbers[7] == chance("summary", "call_7") != chance("reply", "call_7")
    assert Counter(int(number * 4) for number in numbers).keys() == {0, 1, 2, 3}
    assert abs(sum(numbers) / 4_000 - 0.5) < 0.02
    assert sum(
        doubled("summary", f"call_{number}", 0.18) for number in range(4_000)
    ) / 4_000 == pytest.approx(0.18, abs=0.02)


def call(**values):
    facts = {
        "at": None, "id": "c1", "locale": "en", "category": "refund", "arm": "stable", "output_tokens": 100,
        "cost": Decimal("0.002"), "checks": [{"passed": True, "margin": 0.5}],
    }  # fmt: skip  # pairs, read as a table
    return Seen(**{**facts, **values})


USUAL = Usual(300, Decimal("0.01"), {"en": 980, "de": 19, "ja": 1}, {"refund": 990, "unknown": 10})
SAID = Learnt({"c2"}, {"c3"}, {"c4"}, {"c5"})


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, set()),
        ({"id": "c2"}, {"thumbs_down"}),
        ({"id": "c3"}, {"judge_fail"}),
        ({"id": "c4"}, {"judge_unsure"}),
        ({"id": "c5"}, {"new_topic"}),
        ({"checks": [{"passed": True, "margin": 0.1}]}, {"guardrail_near_miss"}),
        ({"checks": [{"passed": False}]}, {"guardrail_near_miss"}),
        ({"checks": [{"passed": True, "mended": True}]}, {"guardrail_near_miss"}),
        ({"checks": [{"passed": True, "repaired": True}]}, {"guardrail_near_miss"}),
        ({"arm": "candidate"}, {"canary"}),
        ({"category": "tax"}, {"new_topic"}),
        ({"category": "unknown"}, set()),
        ({"locale": "ja"}, {"rare_locale"}),
        ({"locale": ""}, set()),
        ({"cost": Decimal("0.02"), "output_tokens": 301}, {"dearest", "longest"}),
        ({"output_tokens": 300}, set()),
    ],
)
def test_a_call_is_in_the_tails_that_it_is_in(values, found):
    assert traits(call(**values), USUAL, SAID) == found


def test_little_is_known_of_a_new_feature_and_nothing_is_rare_then():
    few = Usual(locales={"en": 3}, categories={"refund": 3})
    assert traits(call(locale="ja", category="tax", output_tokens=9_000), few, Learnt()) == set()
    assert traits(call(category="tax"), Usual(categories={"unknown": 900}), Learnt()) == set()


@pytest.mark.parametrize(
    ("fitting", "shares", "stratum"),
    [
        ((), {}, "random"),
        ((LONG, DOWN), ASKED, "thumbs_down"),
        ((LONG,), {"longest": 0.05}, "random"),
        ((LONG, DOWN), {"longest": 0.3, "thumbs_down": 0.3}, "thumbs_down"),
        ((LONG,), {}, "random"),
    ],
)
def test_the_greatest_share_is_a_calls_stratum(fitting, shares, stratum):
    assert stratum_of(fitting, shares, 0.05) == stratum
