"""The mixes of a set and of live calls, and totals re-weighted from one to the other. By hand, in numbers."""

import pytest

from aiops.evaluations.mix import fold, mixed
from aiops.evaluations.reweighting import Kind, Stratum, reweighted
from aiops.evaluations.statistics import wilson

SET = {("refund", "en"): 200, ("refund", "ja"): 3, ("delivery", "en"): 67}
LIVE = {("refund", "en"): 400, ("refund", "ja"): 120, ("delivery", "en"): 400, ("billing", "en"): 80}


def share(n, passed):
    mean = passed / n
    return Stratum(n, mean, n / (n - 1) * mean * (1 - mean) if n > 1 else 0.0, alone=n == 1)


def test_the_mixes_stand_beside_each_other():
    mix = mixed(SET, LIVE, 28)
    assert (mix.calls, mix.cases, mix.days, mix.enough, mix.alike) == (1000, 270, 28, True, False)
    # |200/270 - .4| + |3/270 - .12| + |67/270 - .4| + .08, halved
    assert mix.distance == pytest.approx((0.340741 + 0.108889 + 0.151852 + 0.08) / 2, abs=1e-5)
    assert [(row.name, row.cases, row.calls) for row in mix.categories] == [
        ("refund", 203, 520), ("delivery", 67, 400), ("billing", 0, 80),
    ]  # fmt: skip  # rows of a table, one to a line
    assert [(row.name, round(row.in_set, 3), row.live) for row in mix.locales] == [
        ("en", 0.989, 0.88), ("ja", 0.011, 0.12),
    ]  # fmt: skip  # rows of a table, one to a line


def test_what_live_calls_ask_and_the_set_lacks_is_named_the_most_asked_first():
    gaps = mixed(SET, LIVE | {("rare", "en"): 9}, 28).gaps
    assert [(gap.name, gap.cases, gap.calls) for gap in gaps] == [
        ("refund · ja", 3, 120), ("billing · en", 0, 80),
    ]  # fmt: skip  # rows of a table, one to a line


def test_many_gaps_and_rows_are_counted_rather_than_named():
    live = {(f"c{at}", "en"): 10 for at in range(12)}
    mix = mixed({("c0", "en"): 50}, live, 28)
    assert (len(mix.named_gaps), mix.more_gaps) == (8, 3)
    assert [(title, len(rows), more) for title, rows, more in mix.tables] == [
        ("Category", 8, 4), ("Locale", 1, 0),
    ]  # fmt: skip  # rows of a table, one to a line


def test_mixes_that_only_chance_tells_apart_are_alike():
    cases = {(f"c{at}", "en"): 30 for at in range(10)}
    few = {(f"c{at}", "en"): 13 if at % 2 else 7 for at in range(10)}
    assert mixed(cases, few, 28).distance == pytest.approx(0.15)
    assert mixed(cases, few, 28).alike
    assert not mixed(cases, {group: 100 * count for group, count in few.items()}, 28).alike
    assert mixed(cases, dict.fromkeys(cases, 10), 28).distance == 0


def test_without_calls_nothing_is_different():
    mix = mixed(SET, {}, 28)
    assert (mix.calls, mix.enough, mix.alike, mix.folded.nothing) == (0, False, False, True)


@pytest.mark.parametrize(
    ("cases", "live", "groups"),
    [
        ({("refund", "ja"): 9}, {("unknown", "ja"): 6, ("refund", "ja"): 4}, {("", "ja"): 10}),
        ({("", "ja"): 9}, {("refund", "ja"): 4}, {("", "ja"): 4}),
        ({("refund", ""): 9}, {("refund", "ja"): 4, ("unknown", "ja"): 1}, {("refund", ""): 4, ("", ""): 1}),
        ({("refund", "ja"): 9}, {("refund", ""): 4}, {("refund", ""): 4}),
        ({("", ""): 9}, {("unknown", ""): 4}, {("", ""): 4}),
        ({("refund", "ja"): 9}, {("refund", "ja"): 4, ("x", "ja"): 0}, {("refund", "ja"): 4}),
    ],
)
def test_what_most_calls_or_most_cases_leave_open_is_not_looked_at(cases, live, groups):
    assert fold(cases, live).live == groups


@pytest.mark.parametrize(
    ("said", "taken_for"),
    [
        ("ja", "ja"),
        ("ja-JP", "ja"),
        ("JA_jp", "ja"),
        ("pt-BR", "pt-BR"),
        ("pt-PT", "pt-PT"),
        ("fr_CA", "fr-CA"),
    ],
)
def test_a_locale_is_taken_for_the_nearest_of_the_set(said, taken_for):
    cases = {("refund", "ja"): 9, ("refund", "pt-BR"): 9}
    assert fold(cases, {("refund", said): 1}).live == {("refund", taken_for): 1}


def test_a_case_without_category_is_in_the_group_of_calls_without():
    folded = fold({("refund", "ja"): 9}, {("refund", "ja"): 9, ("unknown", "ja"): 1})
    assert folded.group("unknown", "ja") == folded.group("", "ja") == ("", "ja")
    assert folded.live["", "ja"] == 1


def test_a_total_is_weighted_by_the_live_shares():
    strata = {("", "en"): share(200, 180), ("", "ja"): share(50, 20)}
    found = reweighted(Kind.SHARE, strata, {("", "en"): 600, ("", "ja"): 400})
    assert (found.n, found.plain, found.covered) == (250, 0.8, 1.0)
    assert found.interval.mid == pytest.approx(0.6 * 0.9 + 0.4 * 0.4)
    # 0.36 * 0.0945 / 200 + 0.16 * 0.2448... / 50, of which 226 independent cases would have as much
    assert found.interval.low == pytest.approx(0.635, abs=0.002)
    assert found.interval.high == pytest.approx(0.756, abs=0.002)


def test_one_group_has_the_interval_of_the_plain_total():
    found = reweighted(Kind.SHARE, {("", "en"): share(200, 180)}, {("", "en"): 7}).interval
    plain = wilson(180, 200)
    assert (found.low, found.mid, found.high) == pytest.approx((plain.low, 0.9, plain.high), abs=1e-6)


def test_a_small_group_that_agrees_with_itself_is_not_thought_known():
    strata = {("", "en"): share(200, 200), ("", "ja"): share(3, 3)}
    wide = reweighted(Kind.SHARE, strata, {("", "en"): 50, ("", "ja"): 50}).interval
    narrow = reweighted(Kind.SHARE, strata, {("", "en"): 99, ("", "ja"): 1}).interval
    assert (wide.mid, wide.high) == (1.0, 1.0)
    assert wide.low < 0.8
    assert narrow.low > 0.97
    assert narrow.low <= wilson(203, 203).low + 1e-9  # never as if there were more cases than there are


def test_cases_of_one_cluster_count_as_one():
    def half(one):
        found = reweighted(Kind.SHARE, {("", "en"): one, ("", "ja"): share(100, 50)}, LIVE_HALVES).interval
        return found.high - found.low

    assert half(Stratum(100, 0.5, 0.0, alone=True)) > 3 * half(share(100, 50))


LIVE_HALVES = {("", "en"): 1, ("", "ja"): 1}


def test_groups_without_cases_are_said_and_not_guessed():
    found = reweighted(Kind.SHARE, {("", "en"): share(40, 20)}, {("", "en"): 91, ("", "ja"): 9})
    assert (found.covered, found.interval.mid) == (0.91, 0.5)


def test_cases_that_nobody_asks_have_no_weight():
    strata = {("", "en"): share(40, 20), ("", "de"): share(40, 0)}
    found = reweighted(Kind.SHARE, strata, {("", "en"): 10})
    assert (found.plain, found.interval.mid) == (0.25, 0.5)


@pytest.mark.parametrize(
    ("strata", "live"),
    [
        ({("", "en"): share(19, 5)}, {("", "en"): 9}),
        ({("", "en"): share(40, 5)}, {("", "en"): 4, ("", "ja"): 5}),
    ],
)
def test_too_few_cases_or_too_few_calls_covered_make_no_number(strata, live):
    assert reweighted(Kind.SHARE, strata, live).interval is None


@pytest.mark.parametrize(("strata", "live"), [({}, {("", "en"): 9}), ({("", "en"): share(40, 5)}, {})])
def test_without_cases_or_calls_there_is_nothing(strata, live):
    assert reweighted(Kind.SHARE, strata, live) is None


def test_a_mean_has_the_normal_interval_of_its_strata():
    strata = {("", "en"): Stratum(100, 0.8, 0.04), ("", "ja"): Stratum(25, 0.4, 0.09)}
    found = reweighted(Kind.MEAN, strata, {("", "en"): 1, ("", "ja"): 1}).interval
    half = 1.959964 * (0.25 * 0.04 / 100 + 0.25 * 0.09 / 25) ** 0.5
    assert (found.low, found.mid, found.high) == pytest.approx((0.6 - half, 0.6, 0.6 + half))


def test_a_small_group_of_scores_varies_at_least_as_all_of_them():
    strata = {("", "en"): Stratum(100, 0.8, 0.04), ("", "ja"): Stratum(4, 0.4, 0.0)}
    found = reweighted(Kind.MEAN, strata, {("", "ja"): 1}).interval
    plain = (80 + 1.6) / 104
    pooled = (99 * 0.04 + 100 * (0.8 - plain) ** 2 + 4 * (0.4 - plain) ** 2) / 103
    assert found.high - found.mid == pytest.approx(1.959964 * (pooled / 4) ** 0.5)
    alone = {("", "en"): Stratum(100, 0.8, 0.04), ("", "ja"): Stratum(40, 0.4, 0.0, alone=True)}
    assert reweighted(Kind.MEAN, alone, {("", "ja"): 1}).interval.low == 0.0


def test_a_change_is_signed_and_never_certain():
    none = reweighted(Kind.SHARE_CHANGE, {("", "en"): Stratum(98, 0.0, 0.0)}, {("", "en"): 1}).interval
    half = 1.959964 * (0.01 / 98) ** 0.5
    assert (none.low, none.mid, none.high) == pytest.approx((-half, 0.0, half))
    fallen = reweighted(Kind.SHARE_CHANGE, {("", "ja"): Stratum(40, -0.99, 0.05)}, {("", "ja"): 1}).interval
    assert fallen.low == -1.0
    scores = reweighted(Kind.MEAN_CHANGE, {("", "ja"): Stratum(40, -0.1, 0.04)}, {("", "ja"): 1}).interval
    assert (scores.low, scores.high) == pytest.approx((-0.1 - 0.06198, -0.1 + 0.06198), abs=1e-5)
