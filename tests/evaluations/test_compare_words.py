"""The plain sentence: every branch of it."""

from decimal import Decimal

import pytest

from aiops.evaluations.compare_words import Contender, Standing, sentence

LARGE = Contender("sim-large", 0.871, 0.848, 0.891, 1000, Decimal("1.4"), 812.0, Standing.BEST)
SMALL = Contender("sim-small", 0.865, 0.842, 0.885, 1000, Decimal("0.2"), 240.0, Standing.PASS, 0.006)
CLASSIFIER = Contender("the classifier", 0.868, 0.844, 0.888, 1000, Decimal(0), 2.0, Standing.PASS, 0.003)
RULES = Contender("the rule set", 0.42, 0.39, 0.45, 1000, Decimal(0), None, Standing.BLOCK, 0.451)


def against(one, standing, **values):
    given = {name: getattr(one, name) for name in Contender.__slots__} | {"standing": standing} | values
    return Contender(**given)


def said(*contenders, least=30):
    return sentence(contenders, least).replace("\N{NO-BREAK SPACE}", " ")


def test_the_cheapest_that_is_not_worse():
    assert said(LARGE, SMALL, CLASSIFIER) == (
        "The classifier is the cheapest that is not worse: 86.8 % (84–89) at $0.00 per 1,000, p50 2 ms; "
        "sim-large costs $1.40 for 87.1 %."
    )


def test_of_two_that_cost_the_same_the_quicker_one():
    slow = against(CLASSIFIER, Standing.PASS, name="the rule set", p50=None)
    assert said(LARGE, slow, CLASSIFIER).startswith("The classifier is the cheapest")


def test_the_best_is_the_cheapest():
    best = against(CLASSIFIER, Standing.BEST)
    dear = against(LARGE, Standing.BLOCK)
    assert said(best, dear) == (
        "The classifier is the best and the cheapest: 86.8 % (84–89) at $0.00 per 1,000, p50 2 ms."
    )


@pytest.mark.parametrize(
    ("cheap", "loses"),
    [
        (RULES, "is worse by 45.1 points"),
        (against(RULES, Standing.BLOCK, fall=0.01), "is worse by 1 point"),
        (against(RULES, Standing.BLOCK, fall=-0.01), "is worse in a category or locale"),
        (against(RULES, Standing.MUST_PASS), "fails cases that must pass"),
    ],
)
def test_every_cheaper_one_is_worse(cheap, loses):
    assert said(LARGE, cheap) == (
        "Sim-large is the cheapest that is not worse: 87.1 % (85–89) at $1.40 per 1,000, p50 812 ms; "
        f"the rule set costs $0.00 and {loses}."
    )


@pytest.mark.parametrize(
    ("standing", "further", "lacking"),
    [
        (Standing.UNSURE, 639, "about 639 more cases would decide it"),
        (Standing.FEW, 1, "about 1 more case would decide it"),
        (Standing.UNSURE, 0, "a few more cases would decide it"),
        (Standing.UNSURE, None, "what was measured is beyond the margin, though chance may explain it"),
        (Standing.MISSING, None, "too many cases have no result on both sides"),
    ],
)
def test_nobody_knows_whether_the_cheaper_one_is_worse(standing, further, lacking):
    unsure = against(CLASSIFIER, standing, further=further)
    assert said(LARGE, unsure) == (
        f"Not enough cases to say whether the classifier is worse than sim-large: {lacking}. "
        "The classifier: 86.8 % (84–89) at $0.00 per 1,000, p50 2 ms; "
        "sim-large: 87.1 % (85–89) at $1.40 per 1,000, p50 812 ms."
    )


def test_the_gate_was_not_asked():
    text = said(LARGE, against(CLASSIFIER, Standing.OPEN))
    asked = "Ask the gate whether the classifier is worse than sim-large. The classifier: 86.8"
    assert text.startswith(asked)


@pytest.mark.parametrize(
    ("standing", "ends"),
    [
        (Standing.UNSURE, "about 90 more cases would decide it."),
        (Standing.OPEN, "ask the gate whether it is worse."),
    ],
)
def test_one_that_is_cheaper_still_is_undecided(standing, ends):
    text = said(LARGE, SMALL, against(CLASSIFIER, standing, further=90))
    assert text == (
        "Sim-small is the cheapest that is not worse: 86.5 % (84–88) at $0.200 per 1,000, p50 240 ms; "
        f"sim-large costs $1.40 for 87.1 %. The classifier is cheaper still; {ends}"
    )


def test_too_few_cases():
    few = [against(one, one.standing, n=12) for one in (LARGE, SMALL)]
    assert said(*few) == "Not enough cases to say: 12 of 30, 18 are missing."


@pytest.mark.parametrize("contenders", [(), (LARGE,)])
def test_nothing_to_compare(contenders):
    assert said(*contenders) == "There is nothing to compare: it takes two finished runs over the same cases."
