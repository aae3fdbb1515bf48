"""Two runs before a judge: sides exchanged, money held, each case once."""

import json
from decimal import Decimal

import pytest

from aiops.core.errors import Conflict, InvalidInput
from aiops.evaluations import actions, claims, pairwise_claims, pairwise_work, runner, store, tasks
from aiops.evaluations.models import Pairwise, PairwiseResult
from aiops.evaluations.pairwise_figures import preferred, preferred_by
from aiops.providers import errors
from tests.evaluations.rubrics import make_rubric
from tests.evaluations.stage import BY, always, make_stage
from tests.factories import make_price, make_run, make_version

pytestmark = pytest.mark.django_db

TEXT = {"type": "string"}


@pytest.fixture
def provider(provider, monkeypatch):
    monkeypatch.setattr(pairwise_work, "open_provider", lambda _row: provider)
    return provider


def preferring(choose):
    """A judge that reads both answers in their order and says which is better."""

    def answer(request):
        said = request.messages[-1].content
        first = said.split("<first-")[1].split("\n")[1]
        second = said.split("<second-")[1].split("\n")[1]
        return json.dumps({"better": choose(first, second), "reason": f"{first} or {second}."})

    return answer


def longer(first, second):
    return "first" if len(first) > len(second) else "second" if len(second) > len(first) else "tie"


def make_pair(provider, cases=3, new="much longer", old="short", **stage):
    """Two finished runs over the same cases."""
    setting = make_stage(cases, **stage)
    provider.answer = always(old)
    baseline = runner.run_inline(setting.start().pk)
    provider.answer = new if callable(new) else always(new)
    candidate = runner.run_inline(setting.start().pk)
    provider.asked.clear()
    return candidate, baseline


def start(pair, ceiling=None, names=(), **config):
    candidate, baseline = pair
    shown = dict.fromkeys(("first", "second", *names), TEXT)
    rubric = make_rubric(variables=shown, provider=candidate.model.provider)
    make_price(model=rubric.model, input=Decimal("0.00001"), output=Decimal("0.0001"))
    judge = {"prompt": rubric.name, **config}
    return actions.start_pairwise(by=BY, candidate=candidate, baseline=baseline, judge=judge, ceiling=ceiling)


def run(row):
    assert pairwise_work.run_pairwise(row.pk)
    row.refresh_from_db()
    return row


def test_each_case_is_asked_twice_with_the_sides_exchanged(provider):
    row = start(make_pair(provider, 2))
    provider.answer = preferring(longer)
    row = run(row)
    assert (row.state, row.done, row.failed, row.total, row.slots, row.held) == ("finished", 2, 0, 2, 0, 0)
    result = row.results.first()
    assert (result.verdict, result.forward, result.backward) == ("better", "candidate", "candidate")
    assert (result.changed, result.reason) == (False, "much longer or short.")
    assert len(provider.asked) == 4
    assert row.cost == 4 * (100 * Decimal("0.00001") + 50 * Decimal("0.0001"))
    assert result.cost == row.cost / 2


def test_a_verdict_that_changes_with_the_order_is_a_tie(provider):
    row = start(make_pair(provider, 1))
    provider.answer = preferring(lambda *_both: "first")
    result = run(row).results.get()
    assert (result.verdict, result.changed) == ("tie", True)
    assert (result.forward, result.backward) == ("candidate", "baseline")
    assert result.reason == ("Candidate first: much longer or short. Baseline first: short or much longer.")


def test_worse_and_tie(provider):
    row = start(make_pair(provider, 1, new="s"))
    provider.answer = preferring(longer)
    assert run(row).results.get().verdict == "worse"
    row = start(make_pair(provider, 1, new="other"))
    provider.answer = preferring(longer)
    result = run(row).results.get()
    assert (result.verdict, result.changed) == ("tie", False)


def test_a_judge_that_fails_gives_no_verdict(provider):
    row = start(make_pair(provider, 1))
    provider.answer = always("Both are fine.")
    row = run(row)
    result = row.results.get()
    assert (row.done, row.failed, result.verdict, result.changed) == (0, 1, "", False)
    assert result.reason.startswith("The judge did not answer with the JSON object asked for")
    assert row.cost > 0


def test_a_case_without_a_reference_is_not_judged(provider):
    row = start(make_pair(provider, [{"expected": None}]), names=("reference",), reference=True)
    result = run(row).results.get()
    assert (result.verdict, provider.asked) == ("", [])
    assert result.reason.startswith("The case has no expected answer")


def test_an_answer_too_long_for_the_rubric_is_said(provider):
    pair = make_pair(provider, 1)
    row = start(pair)
    short = make_version(
        messages=[{"role": "user", "template": "{{ first }}{{ second }}"}],
        variables={"first": {"type": "string", "max_length": 20}, "second": TEXT},
    )
    Pairwise.objects.filter(pk=row.pk).update(judge=row.judge | {"version": short.pk})
    assert run(row).results.get().reason.startswith("The judge could not be asked: the variable 'first'")


def test_a_ceiling_holds_and_it_goes_on_with_a_higher_one(provider):
    row = start(make_pair(provider, 12), ceiling=Decimal("0.1"))
    provider.answer = preferring(longer)
    row = run(row)
    assert row.state == "stopped"
    assert 0 < row.done < 12
    assert row.cost + row.unaccounted <= row.ceiling
    row = run(actions.continue_pairwise(by=BY, pairwise=row, ceiling=Decimal(5)))
    assert (row.state, row.done, len(provider.asked)) == ("finished", 12, 24)


def test_a_ceiling_above_what_is_spent_is_asked_for(provider):
    row = start(make_pair(provider, 12), ceiling=Decimal("0.1"))
    provider.answer = preferring(longer)
    with pytest.raises(InvalidInput, match="are spent already"):
        actions.continue_pairwise(by=BY, pairwise=run(row), ceiling=Decimal("0.0001"))


def test_a_killed_worker_leaves_each_case_once(provider):
    row = start(make_pair(provider, 4), ceiling=Decimal(1))
    provider.answer = preferring(longer)
    claim = pairwise_claims.take(row.pk)
    work = pairwise_work.PairwiseWork(claim)
    assert pairwise_claims.hold(claim, Decimal("0.1"))
    done = work.pending[0]
    work._ask(done)
    stored = PairwiseResult(
        pairwise=row, case_id=done.item.case_id, candidate_result_id=done.ids[0],
        baseline_result_id=done.ids[1], verdict="tie",
    )  # fmt: skip  # arguments by what they belong to
    assert pairwise_claims.write(claim, [pairwise_claims.Found(stored)])
    assert pairwise_claims.take(row.pk) is None
    Pairwise.objects.filter(pk=row.pk).update(heartbeat_at="2020-01-01T00:00:00Z")
    pairwise_claims.sweep()
    row = run(row)
    assert (row.state, row.done, row.unaccounted) == ("finished", 4, Decimal("0.1"))
    assert (row.results.count(), len(provider.asked)) == (4, 6)
    with pytest.raises(store.Fenced):
        pairwise_claims.write(claim, [])
    with pytest.raises(store.Fenced):
        pairwise_claims.hold(claim, Decimal(1))


def test_a_row_sent_again_counts_once(provider):
    row = start(make_pair(provider, 1))
    claim = pairwise_claims.take(row.pk)
    (pair,) = pairwise_work.PairwiseWork(claim).pending
    pair.problem = "No rubric."
    for _ in range(2):
        stored = pair.result(row)
        pairwise_claims.write(claim, [pairwise_claims.Found(stored)])
    row.refresh_from_db()
    assert (row.failed, row.results.count()) == (1, 1)


def test_a_cancelled_one_stops_and_keeps_what_is_there(provider, monkeypatch):
    row = start(make_pair(provider, 40, concurrency=2))
    provider.answer = preferring(longer)
    provider.pause = 0.005
    write, calls = pairwise_claims.write, []

    def cancelling(claim, found, **money):
        if found and not calls:
            calls.append(1)
            actions.cancel_pairwise(by=BY, pairwise=row)
        return write(claim, found, **money)

    monkeypatch.setattr(pairwise_claims, "write", cancelling)
    row = run(row)
    assert (row.state, row.slots) == ("cancelled", 0)
    assert 0 < row.done < 40
    assert len(provider.asked) == 2 * row.done
    with pytest.raises(Conflict):
        actions.cancel_pairwise(by=BY, pairwise=row)


def test_a_refused_key_ends_it_in_words_and_it_can_go_on(provider):
    def refused(_request):
        raise errors.BadKey("Wrong key.", status=401)

    row = start(make_pair(provider, 30))
    provider.answer = refused
    row = run(row)
    assert row.state == "failed"
    assert row.reason == "The provider refused the key: 20 of the first 20 calls failed. Wrong key."
    assert row.accounted < 30
    provider.answer = preferring(longer)
    row = run(actions.continue_pairwise(by=BY, pairwise=row))
    assert (row.state, row.done, row.failed) == ("finished", 30, 0)
    with pytest.raises(Conflict, match="Each of the 30 cases has a verdict"):
        actions.continue_pairwise(by=BY, pairwise=row)


def test_its_slots_count_for_runs_on_the_provider(provider):
    pair = make_pair(provider, 1, concurrency=2)
    row = start(pair)
    claim = pairwise_claims.take(row.pk)
    assert (claim.slots, claims.taken(pair[0].model.provider)) == (2, 2)
    assert pairwise_claims.take(start(pair).pk) is None
    with pytest.raises(Conflict, match="still under way"):
        actions.continue_pairwise(by=BY, pairwise=row)


def test_figures_by_group(provider):
    cases = [{"category": "a", "inputs": {"ticket": f"x{n}"}} for n in range(2)] + [{"category": "b"}]
    row = start(make_pair(provider, cases, new=lambda request: request.messages[-1].content[-2:] * 4))
    verdicts = iter(["first", "second"] * 2 + ["first", "first"])
    provider.answer = lambda _request: json.dumps({"better": next(verdicts), "reason": "x"})
    row.provider.max_concurrency = 1
    row.provider.save()
    found = preferred(run(row))
    assert (found.better, found.worse, found.ties, found.changed) == (2, 0, 1, 1)
    assert (found.decided, found.judged, found.enough) == (2, 3, False)
    assert found.share.mid == 1
    assert {name: (one.better, one.ties) for name, one in preferred_by(row, "category").items()} == {
        "a": (2, 0),
        "b": (0, 1),
    }


def test_runs_that_cannot_be_compared(provider):
    candidate, baseline = make_pair(provider, 1)
    other = make_run(state="finished")
    active = make_run(dataset_version=candidate.dataset_version)
    for wrong, words in [
        (candidate, "can't be compared with itself"),
        (other, "same frozen cases"),
        (active, "only finished runs"),
    ]:
        with pytest.raises(InvalidInput, match=words):
            start((candidate, wrong))
    empty = make_run(state="finished", dataset_version=candidate.dataset_version)
    with pytest.raises(InvalidInput, match="No case has an answer in both"):
        start((candidate, empty))
    with pytest.raises(InvalidInput, match="more than zero"):
        start((candidate, baseline), ceiling=Decimal(0))


def test_a_rubric_for_one_answer_is_no_rubric_for_two(provider):
    candidate, baseline = make_pair(provider, 1)
    rubric = make_rubric()
    make_price(model=rubric.model)
    with pytest.raises(InvalidInput, match="has the variable 'output'"):
        actions.start_pairwise(by=BY, candidate=candidate, baseline=baseline, judge={"prompt": rubric.name})


def test_the_task_is_a_door(provider):
    row = start(make_pair(provider, 1))
    provider.answer = preferring(longer)
    tasks.run_pairwise(row.pk)
    tasks.run_pairwise(row.pk)
    row.refresh_from_db()
    assert row.state == "finished"


def test_an_error_of_the_worker_is_said(provider, monkeypatch):
    row = start(make_pair(provider, 1))

    def broken(_row):
        raise RuntimeError("the key can't be read")

    monkeypatch.setattr(pairwise_work, "open_provider", broken)
    row = run(row)
    assert (row.state, row.reason) == ("failed", "The worker could not go on: the key can't be read")
