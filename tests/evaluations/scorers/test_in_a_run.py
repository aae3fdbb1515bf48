"""Scorers that need more than the output, in a whole run."""

import time

import pytest

from aiops.evaluations import runner, scorers, store
from tests.evaluations.stage import always, make_stage

pytestmark = pytest.mark.django_db(transaction=True)

FIXTURE = "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2);"


def test_dates_know_the_metadata_of_the_case(provider):
    provider.answer = always("2025-03-10")
    sent = {"a": "2025-03-01", "b": "2025-01-01"}
    cases = [{"key": key, "metadata": {"sent": day}} for key, day in sent.items()]
    stage = make_stage(cases)
    run = runner.run_inline(
        stage.start(scorers=[{"type": "date", "relative_to": "sent", "days_after": 14}]).pk
    )
    judged = dict(run.results.values_list("case__key", "scores__passed"))
    assert judged == {"a": True, "b": False}


def test_sql_runs_on_its_own_connection_beside_the_workers(provider):
    provider.answer = always("SELECT a FROM t ORDER BY a DESC")
    stage = make_stage([{"key": "right", "expected": "TABLE t"}, {"key": "wrong", "expected": "SELECT 3"}])
    run = runner.run_inline(stage.start(scorers=[{"type": "sql", "fixture": FIXTURE}]).pk)
    assert dict(run.results.values_list("case__key", "scores__passed")) == {"right": True, "wrong": False}


def test_slow_scorers_don_t_let_a_worker_be_taken_for_dead(provider, monkeypatch, settings):
    settings.EVALUATIONS = {**settings.EVALUATIONS, "heartbeat": 0.05, "batch": 0.05}
    judge, write, writes = scorers.judge, store.write, []

    def slowly(*given):
        time.sleep(0.06)
        return judge(*given)

    def counted(*given, **named):
        writes.append(given)
        return write(*given, **named)

    monkeypatch.setattr(scorers, "judge", slowly)
    monkeypatch.setattr(store, "write", counted)
    run = runner.run_inline(make_stage(12, concurrency=12).start().pk)
    assert run.done == 12
    assert len(writes) >= 5  # though all twelve answers came at once
