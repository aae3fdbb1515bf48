import pytest
from django.db import OperationalError

from aiops.evaluations import actions, asking, claims, runner, store
from aiops.evaluations.models import Result, Run, Score, Shard
from aiops.providers import errors
from aiops.providers.protocol import Usage
from tests.evaluations.stage import BY, always, make_stage, raising

pytestmark = pytest.mark.django_db


def test_a_run_gives_each_case_its_output_scores_tokens_and_cost(provider):
    stage = make_stage([{"inputs": {"ticket": "late"}, "expected": "late"}, {"expected": "never"}])
    run = runner.run_inline(stage.start().pk)
    assert (run.state, run.done, run.failed, run.total) == ("finished", 2, 0, 2)
    assert run.cost == 2 * (100 * stage.price.input + 50 * stage.price.output)
    first, second = run.results.order_by("case__position")
    assert first.output == "Summarise: late"
    assert first.messages == [{"role": "user", "content": "Summarise: late"}]
    assert (first.input_tokens, first.output_tokens, first.finish_reason, first.attempts) == (
        100,
        50,
        "stop",
        1,
    )
    assert [(s.scorer, s.value, s.passed) for s in first.scores.all()] == [("contains", 1.0, True)]
    assert [s.passed for s in second.scores.all()] == [False]
    assert run.finished_at >= run.started_at >= run.created_at
    assert provider.closed


def test_a_case_that_fails_keeps_its_error_and_stops_nothing(provider):
    def answer(request):
        if "2" in request.messages[-1].content:
            raise errors.RateLimited("Too many requests.", status=429)
        return "fine"

    provider.answer = answer
    stage = make_stage([{"inputs": {"ticket": str(n)}} for n in range(4)])
    run = runner.run_inline(stage.start().pk)
    assert (run.state, run.done, run.failed) == ("finished", 3, 1)
    failed = run.results.get(case__inputs__ticket="2")
    assert (failed.error_kind, failed.error, failed.unaccounted) == ("rate_limited", "Too many requests.", 0)
    assert not failed.scores.exists()


def test_after_a_timeout_nobody_knows_whether_it_was_billed(provider):
    provider.answer = raising(errors.Timeout("No answer in 1 s."))
    run = runner.run_inline(make_stage(1).start().pk)
    result = run.results.get()
    assert result.error_kind == "timeout"
    assert run.unaccounted == result.unaccounted > 0
    assert run.cost == 0


def test_any_exception_is_the_cases_own(provider):
    provider.answer = raising(KeyError("x"))
    assert runner.run_inline(make_stage(1).start().pk).results.get().error_kind == "key_error"


def test_a_prompt_that_does_not_render_is_an_error_that_names_the_variable(provider):
    stage = make_stage([{"inputs": {"other": "x"}}, {"inputs": {"ticket": "y"}}])
    run = runner.run_inline(stage.start().pk)
    assert (run.done, run.failed) == (1, 1)
    failed = run.results.exclude(error_kind="").get()
    assert failed.error_kind == "prompt_not_rendered"
    assert "'ticket' is missing" in failed.error
    assert len(provider.asked) == 1


def test_repeats_are_asked_with_seeds_of_their_own(provider):
    stage = make_stage(
        2, version={"parameters": {"max_tokens": 7, "temperature": 0.5, "seed": 40, "stop": "END"}}
    )
    run = runner.run_inline(stage.start(repeats=3).pk)
    assert run.total == run.done == 6
    assert sorted(run.results.values_list("repeat", flat=True)) == [0, 0, 1, 1, 2, 2]
    assert sorted(request.seed for request in provider.asked) == [40, 40, 41, 41, 42, 42]
    assert {(r.max_tokens, r.temperature, r.stop) for r in provider.asked} == {(7, 0.5, ("END",))}


def test_never_more_calls_at_once_than_the_provider_allows(provider):
    provider.pause = 0.01
    runner.run_inline(make_stage(20, concurrency=3).start().pk)
    assert provider.most_at_once == 3


def test_what_the_model_says_is_stored_whatever_it_is(provider):
    provider.answer = always("a\x00b\ud800 <script>alert(1)</script>")
    run = runner.run_inline(make_stage(1).start().pk)
    assert (
        run.results.get().output
        == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER} <script>alert(1)</script>"
    )


def test_a_row_that_the_database_refuses_is_a_failed_case_and_stops_no_other(provider):
    provider.usage = Usage(input=2**40)
    run = runner.run_inline(make_stage(2).start().pk)
    assert (run.state, run.failed) == ("finished", 2)
    assert set(run.results.values_list("error_kind", flat=True)) == {"not_storable"}


def test_checks_of_a_case_are_scored_too(provider):
    stage = make_stage([{"checks": [{"type": "contains", "value": "order"}]}])
    run = runner.run_inline(stage.start(scorers=[]).pk)
    assert list(Score.objects.filter(result__run=run).values_list("scorer", "passed")) == [("checks", True)]


def test_finished_work_is_not_done_again(provider):
    stage = make_stage(4)
    run = stage.start()
    shard = run.shards.get()
    claim = claims.take(shard.pk)
    work = asking.AskingWork(claim)
    work.pending = type(work.pending)(list(work.pending)[:2])
    work.run()
    Shard.objects.filter(pk=shard.pk).update(state="queued", slots=0)
    run = runner.run_inline(run.pk)
    assert (run.state, run.done, len(provider.asked)) == ("finished", 4, 4)


def test_a_refused_key_ends_the_run_in_words(provider):
    provider.answer = raising(errors.BadKey("Wrong key.", status=401))
    run = runner.run_inline(make_stage(60).start().pk)
    assert run.state == "failed"
    assert run.reason == "The provider refused the key: 20 of the first 20 calls failed. Wrong key."
    assert run.accounted < 60
    assert run.shards.filter(state="running").count() == 0


def test_a_few_refusals_end_nothing(provider):
    def answer(request):
        if request.messages[-1].content.endswith(" 3"):
            return "fine"
        raise errors.BadKey("Wrong key.", status=401)

    provider.answer = answer
    run = runner.run_inline(make_stage([{"inputs": {"ticket": str(n)}} for n in range(30)]).start().pk)
    assert (run.state, run.done, run.failed) == ("finished", 1, 29)


def test_a_provider_that_cannot_be_opened_fails_the_run(monkeypatch):
    def broken(row):
        raise RuntimeError("the key can't be read")

    monkeypatch.setattr(asking, "open_provider", broken)
    run = runner.run_inline(make_stage(1).start().pk)
    assert (run.state, run.reason) == ("failed", "The worker could not go on: the key can't be read")


def test_a_cancelled_run_starts_no_more_calls(provider):
    stage = make_stage(40, concurrency=2)
    run = stage.start()

    provider.pause = 0.02
    write = store.write
    calls = []

    def cancelling(claim, rows, **money):
        if not calls:
            calls.append(1)
            actions.cancel_run(by=BY, run=run)
        return write(claim, rows, **money)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "write", cancelling)
        runner.run_inline(run.pk)
        runner.run_shard(run.shards.get().pk)
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert 0 < run.done < 40
    assert run.done == len(provider.asked)  # what was under way is stored


def test_who_lost_the_shard_writes_nothing(provider):
    run = make_stage(3).start()
    shard = run.shards.get()

    write = store.write

    def overtaken(claim, rows, **money):
        Shard.objects.filter(pk=shard.pk).update(token=claim.token + 1)
        return write(claim, rows, **money)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "write", overtaken)
        assert runner.run_shard(shard.pk) is True
    assert Result.objects.count() == 0
    assert Shard.objects.get(pk=shard.pk).state == "running"  # it is the other's to give back


def test_a_shard_that_is_taken_is_not_to_be_had(provider):
    run = make_stage(3).start()
    assert claims.take(run.shards.get().pk) is not None
    assert runner.run_shard(run.shards.get().pk) is False
    assert runner.run_shard(0) is False


@pytest.mark.django_db(transaction=True)
def test_results_wait_in_memory_while_the_database_is_away(provider, monkeypatch):
    run = make_stage(3).start()
    write, away = store.write, iter([True, True, False])

    def sometimes(claim, rows, **money):
        if next(away, False):
            raise OperationalError("the server closed the connection")
        return write(claim, rows, **money)

    monkeypatch.setattr(store, "write", sometimes)
    run = runner.run_inline(run.pk)
    assert (run.state, run.done, len(provider.asked)) == ("finished", 3, 3)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_stays_away_leaves_the_shard_to_the_sweep(provider, monkeypatch, settings):
    settings.EVALUATIONS = {**settings.EVALUATIONS, "database_patience": 0.05}
    run = make_stage(3).start()

    def never(*args, **kwargs):
        raise OperationalError("the server closed the connection")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "write", never)
        assert runner.run_shard(run.shards.get().pk) is True
    run.refresh_from_db()
    assert (run.state, run.shards.get().state) == ("running", "running")
    Shard.objects.update(heartbeat_at="2020-01-01T00:00Z")
    assert runner.run_inline(run.pk).done == 3
    assert Run.objects.get().state == "finished"
