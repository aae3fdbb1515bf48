"""Agreement of graders, and whether a judge may be trusted."""

from dataclasses import asdict
from typing import Any

import pytest

from aiops.evaluations.agreement import agreement, alpha
from aiops.evaluations.trust import judge_trust
from tests.vectors import differences, vectors


@pytest.mark.parametrize("vector", vectors("f_agreement", "agreement"), ids=lambda vector: vector["name"])
def test_agreement_reproduces_the_reference(vector):
    got = asdict(agreement(vector["input"]["table"]))
    assert differences(got, vector["expect"], vector["tolerance"]) == []


@pytest.mark.parametrize("vector", vectors("f_agreement", "alpha"), ids=lambda vector: vector["name"])
def test_alpha_reproduces_the_reference(vector):
    value, units = alpha(vector["input"]["ratings"], vector["input"].get("level", "nominal"))
    assert differences({"alpha": value, "units": units}, vector["expect"], vector["tolerance"]) == []


@pytest.mark.parametrize(
    "vector", vectors("e_true_pass_rate", "judge_trust"), ids=lambda vector: vector["name"]
)
def test_trust_reproduces_the_reference(vector):
    arguments = {key: value for key, value in vector["input"].items() if key != "fn"}
    trust = judge_trust(**arguments)
    got = {
        "fail_recall": trust.fail_recall.share,
        "fail_recall_ci": list(trust.fail_recall.interval),
        "pass_recall": trust.pass_recall.share,
        "pass_recall_ci": list(trust.pass_recall.interval),
        "state": str(trust.state),
    }
    assert differences(got, vector["expect"], vector["tolerance"]) == []


def test_kappa_without_variation_is_not_a_number():
    assert agreement([[50, 0], [0, 0]]).kappa is None


def test_kappa_of_a_grader_with_one_class_is_zero_without_interval():
    assert (agreement([[40, 0], [10, 0]]).kappa, agreement([[40, 0], [10, 0]]).kappa_low) == (0.0, None)


def test_agreement_below_twenty_items_is_not_enough():
    assert not agreement([[9, 1], [1, 1]]).enough


def test_agreement_without_items_is_refused():
    with pytest.raises(ValueError, match="at least one item"):
        agreement([[0, 0], [0, 0]])


def test_changed_judge_is_unknown_whatever_it_scored():
    counts: dict[str, Any] = {
        "human_fail_judge_fail": 19,
        "human_fail_judge_pass": 2,
        "human_pass_judge_pass": 170,
        "human_pass_judge_fail": 9,
    }
    assert judge_trust(**counts, bias=0.01).state == "TRUSTED"
    assert judge_trust(**counts, bias=0.01, changed=True).state == "UNKNOWN"


def test_few_grades_are_unknown():
    trust = judge_trust(
        human_fail_judge_fail=9,
        human_fail_judge_pass=0,
        human_pass_judge_pass=30,
        human_pass_judge_fail=0,
        bias=0.0,
    )
    assert (trust.state, trust.because) == ("UNKNOWN", "39 of 50 random grades in 4 weeks")
