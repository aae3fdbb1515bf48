"""The sentence of each reason, and the plan before a run."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from aiops.evaluations.gate import evidence, families, plan, words
from aiops.evaluations.gate.cases import Demands, PairedCase
from aiops.evaluations.gate.decision import decide


def cases(*groups):
    """(base, candidate, how many, more of a case)"""
    return [
        PairedCase(base=(base,), cand=(cand,), key=f"{at}-{n}", **more)
        for at, (base, cand, count, more) in enumerate(groups)
        for n in range(count)
    ]


def said(*groups, **demands):
    decision = decide(cases(*groups), Demands(**demands))
    return f"{decision.outcome}: {words.sentence(decision)}", words.why(decision)


JAPANESE = [
    (1, 0, 17, {"locale": "ja"}), (0, 1, 2, {"locale": "ja"}), (1, 1, 29, {"locale": "ja"}),
    (0, 1, 33, {"locale": "en"}), (1, 0, 9, {"locale": "en"}), (1, 1, 322, {"locale": "en"}),
]  # fmt: skip  # rows of a table, one to a line


def test_a_locale_that_fell_although_the_average_rose():
    sentence, why = said(*JAPANESE)
    assert sentence == "BLOCK: Japanese fell 31 points (15 to 47), although the average rose 2"
    assert why.startswith(
        "Of 48 Japanese cases, 17 got worse and 2 better. The true difference lies between −47 "
    )


def test_two_groups_are_named_and_further_ones_counted():
    fallen = [(1, 0, 12, {"category": name}) for name in "abc"]
    same = [(1, 1, 20, {"category": name}) for name in "abc"]
    better = [(0, 1, 60, {"category": "rest"}), (1, 1, 100, {"category": "rest"})]
    sentence, _ = said(*fallen, *same, *better)
    assert sentence.startswith("BLOCK: A fell 38 points (")
    assert "and b 38 (1 more fell), although the average rose 9" in sentence
    alone, _ = said((1, 0, 6, {"category": "a"}), (1, 1, 14, {"category": "a"}), (0, 1, 5, {"category": "b"}),
                    (1, 1, 200, {"category": "b"}))  # fmt: skip  # arguments by what they belong to
    assert "; the average fell" in alone


def test_must_pass_cases_are_named():
    sentence, _ = said((1, 0, 1, {"must_pass": True}), (1, 1, 60, {}))
    assert sentence == "BLOCK: A must-pass case fails: 0-0"
    sentence, _ = said((1, 0, 5, {"must_pass": True}), (1, 1, 60, {}))
    assert sentence == "BLOCK: 5 must-pass cases fail: 0-0, 0-1 and 3 more"


def test_what_broke_as_a_whole_stands_before_single_cases():
    sentence, why = said(*JAPANESE, (1, 0, 1, {"must_pass": True, "locale": "en"}))
    assert sentence.startswith("BLOCK: Japanese fell 31 points (")
    assert sentence.endswith("although the average rose 2; 1 must-pass case fails")
    assert why.endswith("Must pass and fail: 6-0.")


@settings(max_examples=5)  # statsmodels collects garbage at each call, which takes a second here
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_corrections_are_those_of_statsmodels(chances):
    assert families.holm(chances) == pytest.approx(list(multipletests(chances, method="holm")[1]))
    expected = list(multipletests(chances, method="fdr_bh")[1])
    assert families.benjamini_hochberg(chances) == pytest.approx(expected)


def test_no_correction_of_nothing():
    assert families.holm([]) == families.benjamini_hochberg([]) == []


def test_missing_results():
    assert said(("error", 1, 5, {}))[0] == "INCONCLUSIVE: No case has a result on both sides"
    assert said(("error", 1, 5, {}))[1] == "5 of 5 cases have no result on both sides."
    sentence, why = said(("error", 1, 5, {}), (1, 1, 60, {}))
    assert (
        "5 of 65 cases have no result on both sides; at most 2\N{NO-BREAK SPACE}% may be missing" in sentence
    )
    assert why.endswith("5 of 65 cases have no result on both sides.")


def test_an_average_that_fell():
    sentence, _ = said((1, 0, 20, {}), (1, 1, 180, {}))
    assert sentence == "BLOCK: The average fell 10 points (6 to 15)"
    sentence, why = said((1, 0, 10, {}), (1, 1, 990, {}))
    assert sentence == "BLOCK: The average fell 1.0 points, at most 1.7: real but small"
    assert why.startswith("Of 1,000 cases, 10 got worse and 0 better.")


def test_too_few_cases():
    assert said((1, 1, 12, {}))[0] == "INCONCLUSIVE: 12 cases say too little: the policy asks for 30"
    clustered = [(1, 1, 20, {"cluster": name}) for name in "ab"]
    assert "2 independent groups of cases say too little: the policy asks for 10" in said(*clustered)[0]


def test_a_pass():
    assert said((1, 1, 200, {}))[0] == (
        "PASS: The average stayed the same; at worst it fell 1, and you allow 5"
    )
    assert "rose 20 points; at worst it rose 15" in said((0, 1, 40, {}), (1, 1, 160, {}))[0]


def test_the_reference_sentence_of_an_inconclusive():
    sentence, why = said((1, 0, 6, {}), (0, 1, 4, {}), (1, 1, 90, {}))
    assert sentence == (
        "INCONCLUSIVE: The average fell 2 points, and may have fallen 8; you allow 5. "
        "About 639 more cases would decide it"
    )
    assert why.startswith("Of 100 cases, 6 got worse and 4 better.")
    assert "More cases would not help" in said((1, 0, 9, {}), (0, 1, 4, {}), (1, 1, 87, {}))[0]


def test_groups_too_small_are_listed_with_their_sizes():
    _, why = said((1, 1, 12, {"locale": "pt-br"}), (1, 1, 3, {"category": "x"}), (1, 1, 60, {"locale": "de"}))
    assert why.endswith("Not tested: Brazilian Portuguese (12 of 20) and x (3 of 20).")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("ja", "Japanese"),
        ("pt_BR", "Brazilian Portuguese"),
        ("de-LU", "German (de-LU)"),
        ("xx", "xx"),
        ("", ""),
    ],
)
def test_locales_have_english_names(code, name):
    assert words.named(code) == name


def test_evidence_lists_tested_groups_first_and_crosses_them():
    both = [
        (1, 0, 15, {"locale": "ja", "category": "refund"}),
        (1, 1, 10, {"locale": "ja", "category": "refund"}),
        (1, 1, 40, {"locale": "en", "category": "refund"}), (1, 1, 5, {"locale": "en", "category": "other"}),
    ]  # fmt: skip  # rows of a table, one to a line
    given = cases(*both)
    shown = evidence.as_json(decide(given), given, list(range(100, 170)))
    assert [(row["words"], row["state"]) for row in shown["locale"]] == [
        ("Japanese", "block"),
        ("English", "unsure"),
    ]
    assert [(row["name"], row["state"]) for row in shown["both"]] == [
        ("refund · ja", "block"), ("refund · en", "unsure"), ("other · en", "small"),
    ]  # fmt: skip  # rows of a table, one to a line
    assert shown["category"][-1] == {
        "name": "other", "words": "other", "n": 5, "base": 1.0, "candidate": 1.0, "difference": 0.0,
        "low": None, "high": None, "worst": None, "p": None, "down": 0, "up": 0, "state": "small",
    }  # fmt: skip  # pairs, read as a table
    assert shown["flipped"] == {"down": list(range(100, 115)), "up": []}
    assert evidence.as_json(decide([]), [], [])["total"] is None


def test_the_plan_before_a_run():
    assert plan.mde_binary(40) is None
    assert plan.mde_binary(412) == pytest.approx(0.045)
    assert (plan.least_to_pass(0.05), plan.least_to_pass(0.02)) == (52, 133)
