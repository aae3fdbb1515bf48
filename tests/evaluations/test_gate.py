"""The gate: its reference values, and the rules of its table one by one."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops.evaluations.gate import bounds, plan
from aiops.evaluations.gate.cases import Demands, PairedCase
from aiops.evaluations.gate.decision import Decision, decide
from tests.vectors import differences, vectors

Z = bounds.z_of(0.95)
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "mcnemar_p": bounds.mcnemar_p,
    "agresti_min_upper": lambda **given: bounds.agresti_min_upper(**given, z=Z),
    "tango_upper": lambda **given: bounds.tango_upper(**given, z=Z),
    "mcnemar_power": plan.mcnemar_power,
    "mde_binary": plan.mde_binary,
    "mde_score": plan.mde_score,
    "further_cases": plan.further_cases,
}


def cases_of(*groups: dict) -> list[PairedCase]:
    """Groups in the form of the vectors: a case, and `count` of how many there are like it."""
    return [
        PairedCase(
            base=tuple(group["base"]),
            cand=tuple(group["cand"]),
            category=group.get("category", ""),
            locale=group.get("locale", ""),
            cluster=group.get("cluster"),
            must_pass=group.get("must_pass", False),
            key=f"{number}-{copy}",
        )
        for number, group in enumerate(groups)
        for copy in range(group.get("count", 1))
    ]


def plain(decision: Decision) -> dict:
    assert decision.total
    return asdict(decision.total) | {
        "verdict": decision.outcome,
        "reason": decision.reason,
        "missing_share": decision.missing_share,
        "must_pass_failed": len(decision.must_pass_failed),
        "category_p_holm": {name: group.p_holm for name, group in decision.categories.items()},
    }


@pytest.mark.parametrize("vector", vectors("b_gate", "gate"), ids=lambda vector: vector["name"])
def test_gate_reproduces_the_reference(vector):
    given = vector["input"]
    decision = decide(cases_of(*given["cases"]), Demands(metric=given.get("metric", "binary")))
    assert differences(plain(decision), vector["expect"], vector["tolerance"]) == []


@pytest.mark.parametrize("vector", vectors("b_gate", *FUNCTIONS), ids=lambda vector: vector["name"])
def test_formula_reproduces_the_reference(vector):
    arguments = dict(vector["input"])
    got = FUNCTIONS[arguments.pop("fn")](**arguments)
    assert differences(got, vector["expect"], vector["tolerance"]) == []


SAME = {"base": [1], "cand": [1]}
FELL = {"base": [1], "cand": [0]}


def test_tango_without_any_flip_is_the_rule_of_three_like_bound():
    assert bounds.tango_upper(0, 0, 31, Z) == pytest.approx(0.0802699846)


def test_four_of_four_regressions_cannot_block():
    assert decide(cases_of({**FELL, "count": 4})).reason == "too_few_cases"


def test_five_of_five_regressions_block():
    decision = decide(cases_of({**FELL, "count": 5}))
    assert (decision.outcome, decision.reason) == ("BLOCK", "overall_fall")


def test_locale_that_falls_blocks_although_the_average_rises():
    decision = decide(
        cases_of(
            {**SAME, "count": 150, "locale": "en"},
            {"base": [0], "cand": [1], "count": 20, "locale": "en"},
            {**FELL, "count": 12, "locale": "ja"},
            {**SAME, "count": 20, "locale": "ja"},
        )
    )
    assert (decision.outcome, decision.reason, list(decision.fallen)) == ("BLOCK", "category_fall", ["ja"])
    assert decision.total
    assert decision.total.fall < 0


def test_category_below_the_minimum_is_named_with_its_size_and_not_tested():
    decision = decide(
        cases_of({**SAME, "count": 80, "category": "a"}, {**FELL, "count": 12, "category": "b"})
    )
    assert decision.small == {"category:b": 12}
    assert list(decision.categories) == ["a"]


def test_group_of_all_cases_is_not_tested_twice():
    assert decide(cases_of({**SAME, "count": 60, "category": "only"})).categories == {}


def test_no_case_at_all_is_inconclusive():
    assert decide([]).reason == "missing_results"


def test_must_pass_case_without_any_result_has_failed():
    decision = decide(cases_of({**SAME, "count": 60}, {"base": [1], "cand": [None], "must_pass": True}))
    assert decision.must_pass_failed == ("1-0",)


def test_error_of_the_base_is_missing():
    assert decide(cases_of({**SAME, "count": 60}, {"base": ["error"], "cand": [1]})).missing == 1


def test_nan_is_missing_and_never_zero():
    decision = decide(cases_of({**SAME, "count": 60}, {"base": [1, float("nan")], "cand": [1, float("nan")]}))
    assert (decision.missing, decision.total and decision.total.cand) == (0, 1.0)


def test_few_clusters_are_too_few_cases():
    groups = [{**SAME, "count": 20, "cluster": f"doc{number}"} for number in range(9)]
    assert decide(cases_of(*groups)).reason == "too_few_cases"


def test_same_data_gives_the_same_numbers_again():
    groups = [{"base": [0.5 + i / 100], "cand": [0.5 - i / 200 + (i % 3) / 50]} for i in range(30)]
    demands = Demands(metric="score", seed=7)
    assert decide(cases_of(*groups), demands) == decide(cases_of(*groups), demands)


@given(b=st.integers(0, 40), c=st.integers(0, 40), rest=st.integers(0, 200))
def test_bound_lies_above_the_estimate_and_at_most_at_one(b, c, rest):
    n = b + c + rest
    if n:
        assert (b - c) / n <= bounds.binary_upper(b, c, n, Z) <= 1


def test_power_grows_with_the_fall():
    powers = [plan.mcnemar_power(100, 0.2, fall) for fall in (0.02, 0.06, 0.12, 0.18)]
    assert powers == sorted(powers)
