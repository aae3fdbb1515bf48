"""Runs by columns: what is read, what is kept, and when it is read again."""

from typing import Any

import numpy as np
import pytest

from aiops.core import clock
from aiops.evaluations import columns, summaries, tasks
from aiops.evaluations.columns import ABSENT, ANSWERED, ERROR
from aiops.evaluations.models import Run, RunSummary
from tests.evaluations.side_by_side import EXACT, LENGTH, TONE, Outcome, finished, staged
from tests.factories import make_case, make_dataset_version

pytestmark = pytest.mark.django_db
CASES: list[dict[str, Any]] = [
    {"key": "a", "category": "refund", "locale": "ja", "metadata": {"cluster": "doc-2"}},
    {"key": "b", "category": "", "locale": "en", "must_pass": True},
    {"key": "c", "category": "account", "locale": "en", "metadata": {"cluster": "doc-1"}},
    {"key": "d", "category": "refund", "locale": "en", "metadata": {"cluster": ""}},
]


@pytest.fixture
def stage():
    return staged(CASES)


def test_a_run_is_read_by_columns(stage):
    said = ({"exact": True, "tone": None, "length": 0.5}, {"exact": False}, "error", "absent")
    found = columns.read(finished(stage, *said, scorers=[EXACT, TONE, LENGTH]))
    assert found.scorers == ["exact", "tone", "length"]
    assert found.state[:, 0].tolist() == [ANSWERED, ANSWERED, ERROR, ABSENT]
    assert found.passed[:, :, 0].tolist() == [[1, 0, -1, -1], [-1] * 4, [-1] * 4]
    assert found.value[2, 0, 0] == 0.5
    assert np.isnan(found.value[1]).all()
    assert [found.categories[code] for code in found.category] == ["refund", "", "account", "refund"]
    assert [found.locales[code] for code in found.locale] == ["ja", "en", "en", "en"]
    assert found.cluster.tolist() == [1, -1, 0, -1]
    assert found.must_pass.tolist() == [False, True, False, False]
    assert found.asked.tolist() == [True, True, True, False]


def test_checks_of_cases_are_a_scorer_where_there_are_any(stage):
    found = columns.read(finished(stage, {"exact": True, "checks": False}))
    assert found.scorers == ["exact", "checks"]
    assert found.passes("")[:, 0].tolist() == [0, 0, 0, 0]


def test_every_scorer_passes_where_none_fails_and_the_required_ones_judge(stage):
    said: list[Outcome] = [
        {"exact": True},
        {"exact": True, "tone": True},
        {"exact": True, "tone": False},
        {"exact": None},
    ]
    found = columns.read(finished(stage, *said, scorers=[EXACT, TONE]))
    assert found.passes("")[:, 0].tolist() == [1, 1, 0, -1]
    assert found.passes("", ("tone",))[:, 0].tolist() == [-1, 1, 0, -1]


def test_a_run_without_scorers_judges_nothing(stage):
    found = columns.read(finished(stage, {}, scorers=[]))
    assert found.passes("").tolist() == [[-1]] * 4
    assert np.isnan(found.values("")).all()
    assert found.only_values("") is False


def test_what_is_packed_is_unpacked(stage):
    found = columns.read(finished(stage, True, False, "error", scorers=[EXACT, LENGTH], repeats=2))
    again = columns.unpacked(*columns.packed(found))
    for name in columns.Columns.__slots__:
        np.testing.assert_equal(getattr(again, name), getattr(found, name))


def test_runs_over_other_sets_are_aligned_by_the_cases_they_share(stage):
    first = finished(stage, True)
    make_case(dataset=stage.dataset_version.dataset, key="e")
    later = make_dataset_version(dataset=stage.dataset_version.dataset)
    second = finished(stage, False, True, dataset_version=later)
    one, two = columns.aligned([columns.read(run) for run in (second, first)])
    assert one.ids.tolist() == two.ids.tolist()
    assert len(one.ids) == 4
    assert one.passes("exact")[:, 0].tolist() == [0, 1, 1, 1]


def test_runs_over_other_datasets_share_nothing(stage):
    other = staged([{}])
    found = columns.aligned([columns.read(finished(stage, True)), columns.read(finished(other, True))])
    assert [len(one.ids) for one in found] == [0, 0]


def test_a_finished_run_is_kept_and_read_once(stage, django_assert_num_queries):
    run = finished(stage, True, False)
    before = summaries.measured([run])[0]
    with django_assert_num_queries(1):
        after = summaries.measured([run])[0]
    np.testing.assert_equal(after.columns.passed, before.columns.passed)
    assert after.facts == before.facts
    assert (after.facts["answered"], after.facts["timed"], after.facts["cost"]) == (4, 4, "0.0040000000")
    assert str(RunSummary.objects.get()) == f"summary of run {run.pk}"


def test_a_run_that_went_on_is_read_again(stage):
    run = finished(stage, True)
    summaries.measured([run])
    Run.objects.filter(pk=run.pk).update(finished_at=clock.now())
    run.refresh_from_db()
    run.results.filter(case__key="a").delete()
    assert summaries.measured([run])[0].columns.state[0, 0] == ABSENT
    assert RunSummary.objects.get().finished_at == run.finished_at


def test_a_run_that_is_not_finished_is_not_kept(stage):
    run = finished(stage, True, state=Run.State.CANCELLED)
    assert summaries.measured([run])[0].columns.asked.all()
    assert not RunSummary.objects.exists()


def test_the_worker_that_ends_a_run_keeps_it(stage):
    run = finished(stage, True)
    tasks.decide(run.pk)
    assert RunSummary.objects.get().run == run
