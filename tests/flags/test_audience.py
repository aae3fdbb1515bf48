from decimal import Decimal

import pytest

from aiops.flags.audience import EVERYBODY, NOBODY, Audience

ACME = frozenset({"acme"})


def some(percent="0", tenants=frozenset()):
    return Audience(limited=True, percent=Decimal(percent), tenants=frozenset(tenants))


@pytest.mark.parametrize(
    ("audience", "words"),
    [
        (EVERYBODY, "On for all 41 tenants"),
        (NOBODY, "Off for everyone"),
        (some("10", {"a", "b", "c"}), "On for 3 of 41 tenants and 10 % of the rest"),
        (some("0", {"a"}), "On for 1 of 41 tenants"),
        (some("2.50"), "On for 2.5 % of all callers"),
        (some(), "On, but for nobody yet"),
        (Audience(on=None), "Not decided: off for everyone until it is"),
        (Audience(on=None, when_unknown=True), "Not decided: on for everyone until it is"),
    ],
)
def test_an_audience_is_said_in_words(audience, words):
    assert audience.words(41) == words


def test_with_one_tenant_everyone_is_everyone():
    assert EVERYBODY.words(1) == "On for everyone"


@pytest.mark.parametrize(
    ("audience", "reach"),
    [
        (EVERYBODY, 100),
        (NOBODY, 0),
        (some(), 0),
        (some("10"), 10),
        (some("50", {"a"}), Decimal("62.5")),
        (some("0", {"a", "b"}), 50),
        (Audience(on=None, when_unknown=True), 100),
    ],
)
def test_the_reach_counts_all_tenants_alike(audience, reach):
    assert audience.reach(4) == reach


def test_the_reach_without_tenants_is_the_percentage():
    assert some("7").reach(0) == 7


@pytest.mark.parametrize(
    ("wanted", "before", "wider"),
    [
        (EVERYBODY, NOBODY, True),
        (EVERYBODY, some("50"), True),
        (some("50"), EVERYBODY, False),
        (some("10", ACME), some("10"), True),
        (some("10"), some("10", ACME), False),
        (some("11"), some("10", ACME), True),
        (NOBODY, EVERYBODY, False),
        (some(), EVERYBODY, False),
        (Audience(on=None, when_unknown=True), NOBODY, True),
        (Audience(on=None), EVERYBODY, False),
    ],
)
def test_wider_is_whatever_lets_somebody_in_who_was_out(wanted, before, wider):
    assert wanted.wider_than(before) is wider


@pytest.mark.parametrize("audience", [EVERYBODY, NOBODY, some("12.50", ACME), Audience(on=None)])
def test_an_audience_survives_json(audience):
    assert Audience.from_json(audience.as_json()) == audience
