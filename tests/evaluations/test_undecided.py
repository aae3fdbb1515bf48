"""Verdicts that got lost on their way are asked for again; what larger set a run could have had."""

from datetime import timedelta

import pytest

from aiops.core import clock
from aiops.evaluations import tasks
from aiops.evaluations.further import Further, further
from aiops.evaluations.gate import repeats
from aiops.evaluations.gate.cases import Demands, PairedCase
from aiops.evaluations.models import GatePolicy, Run
from tests.factories import make_case, make_dataset_version, make_label, make_pair, make_run, make_verdict

pytestmark = pytest.mark.django_db
DECIDE = "evaluations.decide"


@pytest.fixture
def lost():
    """A finished run with a baseline in production and without a verdict."""
    candidate, baseline = make_pair()
    make_label(version=baseline.version)
    candidate.finished_at = clock.now() - timedelta(minutes=2)
    candidate.save(update_fields=["finished_at"])
    return candidate


@pytest.fixture
def sweep(django_capture_on_commit_callbacks, sent):
    """Sweeps, and gives what is sent."""

    def swept():
        sent.clear()
        with django_capture_on_commit_callbacks(execute=True):
            tasks.sweep()
        return sent

    return swept


def test_verdict_that_got_lost_is_asked_for_again_and_not_at_every_sweep(lost, sweep):
    assert sweep() == [(DECIDE, lost.pk)]
    assert sweep() == []
    Run.objects.filter(pk=lost.pk).update(heartbeat_at=clock.now() - timedelta(minutes=11))
    assert sweep() == [(DECIDE, lost.pk)]


def test_run_that_is_decided_is_left_alone(lost, sweep):
    make_verdict(candidate=lost)
    assert sweep() == []


def test_run_that_ended_a_moment_ago_is_not_overdue(lost, sweep):
    Run.objects.filter(pk=lost.pk).update(finished_at=clock.now())
    assert sweep() == []


def test_run_without_a_baseline_is_not_asked_about(lost, sweep):
    lost.version.prompt.labels.all().delete()
    assert sweep() == []


@pytest.mark.parametrize(("required", "expected"), [(["exact"], 1), (["judge"], 0)])
def test_run_that_the_policy_refuses_is_not_tried_for_ever(lost, sweep, required, expected):
    GatePolicy.objects.create(feature=lost.feature, number=1, required_scorers=required)
    assert len(sweep()) == expected


def test_more_cases_are_those_of_a_later_version_or_of_the_draft():
    case = make_case()
    run = make_run(dataset_version=make_dataset_version(dataset=case.dataset))
    assert further(run) == Further("", 0)
    make_case(dataset=case.dataset)
    run.dataset_version.dataset.refresh_from_db()
    assert further(run) == Further(f"d{case.dataset.pk}", 1)
    later = make_dataset_version(dataset=run.dataset_version.dataset)
    run.dataset_version.dataset.refresh_from_db()
    assert further(run) == Further(f"v{later.pk}", 1)


STEADY = [PairedCase((1, 1, 1), (float(n % 2),) * 3) for n in range(40)]
SHAKY = [PairedCase((1, 0, 1), (0, 1, 0)) for _ in range(40)]


@pytest.mark.parametrize(
    ("cases", "words"),
    [
        (STEADY, "More repeats will not help."),
        (SHAKY, ""),
        (STEADY[:10], ""),
        ([PairedCase((1,), (float(n % 2),)) for n in range(40)], ""),
        ([PairedCase((1, 1), (1, 1))] * 40, ""),
    ],
)
def test_repeats_help_where_a_case_varies_as_much_as_the_cases_do(cases, words):
    assert repeats.advice(cases, Demands()) == words
