import pytest

from aiops.core.errors import InvalidInput
from aiops.evaluations import scorers
from aiops.evaluations.scorers.written_dates import dates_in
from tests.evaluations.scorers.judging import judge, passed


@pytest.mark.parametrize(
    ("text", "locale", "days"),
    [
        ("Due 2025-03-05.", "en", ["2025-03-05"]),
        ('{"due": "2025-03-05T10:00:00Z"}', "en", ["2025-03-05"]),
        ("March 5, 2025 or 5 March 2025 or Mar. 5th, 2025", "en", ["2025-03-05"] * 3),
        ("the 5th of March 2025", "en-GB", ["2025-03-05"]),
        ("03/05/2025", "en-US", ["2025-03-05"]),
        ("05/03/2025", "en-GB", ["2025-03-05"]),
        ("25/03/2025", "en", ["2025-03-25"]),
        ("04/04/2025", "en", ["2025-04-04"]),
        ("Am 5. März 2025, spätestens 05.03.2025", "de", ["2025-03-05"] * 2),
        ("5. Jän. 2025", "de-AT", ["2025-01-05"]),
        ("5.3.2025", "en", ["2025-03-05"]),
        ("le 1er août 2025", "fr", ["2025-08-01"]),
        ("05/03/2025", "fr-CA", ["2025-03-05"]),
        ("el 5 de marzo de 2025, o 5 de mayo del 2025", "es", ["2025-03-05", "2025-05-05"]),
        ("締切は2025年3月5日です", "ja", ["2025-03-05"]),
        ("２０２５年３月５日", "ja", ["2025-03-05"]),
        ("2025/3/5", "ja", ["2025-03-05"]),
        ("截止日期为2025年3月5日", "zh", ["2025-03-05"]),
        ("5 mars 2025", "", ["2025-03-05"]),
        ("5 März 2025", "tlh", ["2025-03-05"]),
        ("12 items 2025", "en", []),
        ("version 1.2.10 at 10.0.0.1, call 555-1234", "en", []),
        ("nothing", "en", []),
    ],
)
def test_dates_as_people_write_them(text, locale, days):
    assert [str(one.day) for one in dates_in(text, locale)] == days


@pytest.mark.parametrize(
    ("text", "locale", "problem"),
    [
        ("03/04/2025", "en", "could be 2025-04-03 or 2025-03-04"),
        ("03-04-2025", "", "could be 2025-04-03 or 2025-03-04"),
        ("03/04/2025", "ja", "could be 2025-04-03 or 2025-03-04"),
        ("2025-02-30", "en", "is no day of the calendar"),
        ("31. Februar 2025", "de", "is no day of the calendar"),
        ("2025年13月1日", "ja", "is no day of the calendar"),
        ("25/13/2025", "en", "is no day of the calendar"),
        ("03/25/2025", "fr", "is no day of the calendar"),
        ("3/4/25", "en-US", "has a year of two digits"),
        ("03.04.25", "de", "has a year of two digits"),
    ],
)
def test_what_means_no_day(text, locale, problem):
    assert [one.problem for one in dates_in(text, locale)] == [problem]
    assert judge(text, locale=locale, type="date").reason == f"{text} {problem}."


def test_the_order_may_be_given():
    assert passed("03/04/2025", type="date", order="day first", latest="2025-04-03", earliest="2025-04-03")
    assert passed("03/04/2025", type="date", order="month first", latest="2025-03-04")


def test_a_range_includes_its_ends():
    band = {"earliest": "2025-01-01", "latest": "2025-01-31"}
    assert passed("2025-01-01", type="date", **band) is True
    assert passed("2025-01-31", type="date", **band) is True
    assert judge("2024-12-31", type="date", **band).reason == "2024-12-31 is before 2025-01-01."
    assert judge("1. Februar 2025", locale="de", type="date", **band).reason == (
        "1. Februar 2025 is after 2025-01-31."
    )


def test_a_range_relative_to_a_date_of_the_case():
    config = {"type": "date", "relative_to": "ordered", "days_before": 0, "days_after": 14}
    case = {"ordered": "2025-03-01T09:00:00+01:00"}
    assert passed("2025年3月15日までに届きます", locale="ja", metadata=case, **config) is True
    assert passed("le 16 mars 2025", locale="fr", metadata=case, **config) is False
    assert passed("2025-02-28", metadata=case, **config) is False


@pytest.mark.parametrize("metadata", [{}, {"ordered": 5}, {"ordered": "soon"}])
def test_a_case_without_that_date_is_not_judged(metadata):
    judgement = judge("2025-01-01", metadata=metadata, type="date", relative_to="ordered")
    assert judgement.passed is None
    assert judgement.reason == "The case's metadata has no date at ordered."


def test_a_range_outside_the_calendar_is_not_judged():
    config = {"type": "date", "relative_to": "ordered", "days_before": 400}
    assert passed("2025-01-01", metadata={"ordered": "0001-01-02"}, **config) is None


def test_which_dates_count():
    text = "2020-01-01, 2025-01-01, 2030-01-01"
    band = {"type": "date", "earliest": "2025-01-01", "latest": "2026-01-01"}
    assert passed(text, **band) is False
    assert passed(text, pick="any", **band) is True
    assert passed(text, pick="first", **band) is False
    assert passed("2020-01-01, 2025-01-01", pick="last", **band) is True
    assert judge("2020-01-01", pick="any", **band).reason == "2020-01-01 is before 2025-01-01."


def test_no_date_is_a_failure():
    assert judge("Bald.", locale="de", type="date").reason == "There is no date in the output."


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"earliest": "01.02.2025"}, "date: earliest: '01.02.2025' is not a date such as 2025-01-31"),
        ({"earliest": "2025-02-01", "latest": "2025-01-01"}, "date: `earliest` is later than `latest`"),
        ({"days_after": 3}, "date: days before and after need `relative_to`"),
    ],
)
def test_wrong_parameters(config, message):
    with pytest.raises(InvalidInput) as refusal:
        scorers.parse({"type": "date", **config})
    assert str(refusal.value) == message
