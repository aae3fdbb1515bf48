"""What an item needs next, how people agree, who is strict: pure."""

from datetime import UTC, date, datetime, timedelta

import pytest

from aiops.reviews import agreement_words, rounds
from aiops.reviews.pace import pace
from aiops.reviews.ratings import FAIL_PASS, ONE_TO_FIVE, Rating, figures, of_pairs
from aiops.reviews.settling import Step, differ, final, next_step


@pytest.mark.parametrize(
    ("grades", "missing", "judged", "step"),
    [
        ([], 0, None, Step.WAIT),
        ([1.0], 1, False, Step.WAIT),
        ([1.0], 0, None, Step.DONE),
        ([1.0], 0, True, Step.DONE),
        ([1.0], 0, False, Step.SECOND),
        ([0.5], 0, True, Step.SECOND),
        ([1.0, 1.0], 0, False, Step.DONE),
        ([1.0, 0.0], 0, None, Step.ADJUDICATE),
        ([0.75, 0.5], 0, None, Step.ADJUDICATE),
        ([0.75, 1.0], 0, None, Step.DONE),
        ([0.0, 0.25, 0.5], 0, None, Step.ADJUDICATE),
    ],
)
def test_the_next_step_follows_from_what_was_said(grades, missing, judged, step):
    assert next_step(grades=grades, missing=missing, adjudicated=False, judged=judged) == step


def test_a_third_persons_word_ends_it():
    assert next_step(grades=[0.0, 1.0], missing=0, adjudicated=True, judged=None) == Step.DONE


def test_what_is_only_compared_is_never_decided():
    assert next_step(grades=[0.0, 1.0], missing=0, adjudicated=False, judged=None, compared=True) == Step.DONE


def test_nobody_differs_where_nobody_spoke():
    assert not differ([])


@pytest.mark.parametrize(
    ("grades", "decided", "said"),
    [([0.0, 1.0], 0.75, 0.75), ([0.75, 1.0], None, 0.875), ([], None, None), ([], 0.0, 0.0)],
)
def test_a_third_persons_word_holds_else_the_mean(grades, decided, said):
    assert final(grades, decided) == said


def rated(pairs):
    return [
        Rating(item, reviewer, seat=reviewer, raw=raw)
        for item, raws in enumerate(pairs)
        for reviewer, raw in enumerate(raws)
    ]


def test_agreement_is_said_in_a_sentence_that_explains_kappa():
    pairs = [(1, 1)] * 88 + [(1, 0)] * 4 + [(0, 1)] * 5 + [(0, 0)] * 3
    found = of_pairs(pairs, FAIL_PASS)
    assert agreement_words.sentence(found) == (
        "91 of 100 equal; AC1 .90 (.82 to .97); kappa .35 (low because 92\N{NO-BREAK SPACE}% pass)"
    )


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([], "nothing that two people graded"),
        ([(1, 1)] * 9 + [(0, 1)] * 3, "9 of 12 equal; AC1 and kappa from 20 on"),
        (
            [(1, 1)] * 20,
            "20 of 20 equal; AC1 1.00 (1.00 to 1.00); kappa undefined (everybody said the same)",
        ),
        ([(1, 1), (0, 0)] * 10, "20 of 20 equal; AC1 1.00 (1.00 to 1.00); kappa 1.00"),
        (
            [(0, 1), (1, 0)] * 10,
            "0 of 20 equal; AC1 −1.00 (−1.00 to −1.00); kappa −1.00",
        ),
    ],
)
def test_few_or_uniform_grades_are_said_as_they_are(pairs, words):
    assert agreement_words.sentence(of_pairs(pairs, FAIL_PASS)) == words


def test_an_item_that_one_person_graded_says_nothing_of_agreement():
    assert figures(rated([(1,), (1, 0)]), FAIL_PASS)["n"] == 1


def test_alpha_takes_all_seats_and_the_order_of_the_scale():
    found = figures(rated([(5, 5, 4), (1, 1, 1), (3, 3, 3), (4, 4, 4)] * 6), ONE_TO_FIVE)
    assert (found["n"], found["equal"], found["units"]) == (24, 24, 24)
    assert found["alpha"] > 0.9
    assert agreement_words.sentence(found).endswith("(firm)")


@pytest.mark.parametrize(("alpha", "word"), [(0.8, "firm"), (0.7, "tentative"), (0.5, "weak")])
def test_alpha_has_a_word(alpha, word):
    assert agreement_words.firmness(alpha) == word


SAID = {(1, 7): 1.0, (1, 8): 1.0, (1, 9): 0.0, (2, 7): 1.0, (2, 8): 0.75, (3, 7): 0.0}


def test_a_round_shows_where_people_differ_first():
    assert [(line.item, line.values, line.differs) for line in rounds.lines([3, 2, 1], [7, 8, 9], SAID)] == [
        (1, [1.0, 1.0, 0.0], True),
        (2, [1.0, 0.75, None], False),
        (3, [0.0, None, None], False),
    ]


def test_a_round_says_who_is_strict_and_who_stands_alone():
    mild, _, strict, absent = rounds.persons([1, 2, 3], [7, 8, 9, 10], SAID)
    assert (mild.graded, mild.passed, mild.alone, mild.offset) == (3, 2, 0, pytest.approx(0.375))
    assert (strict.graded, strict.alone, strict.offset) == (1, 1, -1.0)
    assert (absent.graded, absent.offset) == (0, None)


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_pace_counts_sittings_and_days_of_the_persons_zone():
    minutes = (0, 1, 2, 30, 31)
    found = pace([(NOON + timedelta(minutes=m), 30.0 + m) for m in minutes], today=date(2026, 3, 2))
    assert (found.n, found.seconds, found.an_hour) == (5, 32.0, 112)
    assert (found.sittings, found.longest, found.week, found.days[-1]) == (2, 3, 5, (date(2026, 3, 2), 5))
    late = pace([(NOON, 0.0)], today=date(2026, 3, 3), zone="Pacific/Kiritimati")
    assert (late.seconds, late.an_hour, late.days[-1][1]) == (None, None, 1)


def test_who_graded_nothing_has_no_pace():
    found = pace([], today=date(2026, 3, 2))
    assert (found.n, found.sittings, found.longest, found.week, found.last) == (0, 0, 0, 0, None)
