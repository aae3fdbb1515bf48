from decimal import Decimal
from itertools import pairwise

import pytest

from aiops.audit import actions as audit
from aiops.audit.models import AuditEvent
from aiops.core.errors import Conflict, InvalidInput
from aiops.evaluations import actions, runner
from aiops.evaluations.models import Run
from aiops.providers.errors import BadKey
from tests.evaluations.stage import BY, make_stage, raising
from tests.factories import make_dataset, make_dataset_version, make_model, make_user

pytestmark = pytest.mark.django_db


def test_a_run_keeps_what_it_runs_and_is_audited():
    user = make_user(roles=["engineer"])
    stage = make_stage(3, version={"parameters": {"max_tokens": 9999, "temperature": 0.1, "top": 1}})
    run = stage.start(by=user, repeats=2, ceiling=Decimal("1.5"), note="why")
    assert (run.state, run.total, run.created_by, run.price) == ("queued", 6, user, stage.price)
    assert run.parameters == {"max_tokens": stage.model.max_output_tokens, "temperature": 0.1}
    assert run.scorers == [
        {"name": "contains", "type": "contains", "value": [], "ignore_case": True, "match": "all"}
    ]
    event = AuditEvent.objects.get(action="evaluations.run_started")
    assert (event.actor_label, event.feature, event.reason) == (user.email, stage.feature.slug, "why")
    assert event.after["calls"] == 6


def test_the_audit_and_the_run_stand_or_fall_together(monkeypatch):
    def broken(**_values):
        raise RuntimeError("no audit")

    monkeypatch.setattr(audit, "record", broken)
    with pytest.raises(RuntimeError):
        make_stage(3).start()
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"repeats": 0}, "Repeats are 1 to 10, not 0."),
        ({"repeats": 11}, "Repeats are 1 to 10, not 11."),
        ({"ceiling": Decimal(0)}, "A ceiling is more than zero; leave it empty for none."),
        ({"scorers": [{"type": "vibes"}]}, "scorer 1: there is no scorer 'vibes'"),
    ],
)
def test_what_makes_no_sense_is_refused(values, message):
    with pytest.raises(InvalidInput) as refusal:
        make_stage(3).start(**values)
    assert str(refusal.value).startswith(message)


def test_a_model_without_a_price_and_a_dataset_without_cases_are_refused():
    stage = make_stage(3)
    with pytest.raises(InvalidInput, match="has no price"):
        stage.start(model=make_model())
    with pytest.raises(InvalidInput, match="has no cases"):
        stage.start(dataset_version=make_dataset_version(dataset=make_dataset()))


@pytest.mark.parametrize(("cases", "shards"), [(1, 1), (99, 1), (100, 2), (1000, 2), (2500, 3)])
def test_work_is_cut_into_even_slices(cases, shards, settings):
    settings.EVALUATIONS = {"parallel": 2}
    stage = make_stage(1)
    stage.dataset_version.case_count = cases
    slices = [(shard.first, shard.stop) for shard in stage.start().shards.all()]
    assert len(slices) == shards
    assert slices[0][0] == 0
    assert slices[-1][1] == cases
    assert all(left[1] == right[0] for left, right in pairwise(slices))


def test_cancelling_says_who_and_only_once():
    run = make_stage(3).start()
    actions.cancel_run(by=BY, run=run)
    assert (run.state, run.reason) == ("cancelled", "Cancelled by tests.")
    with pytest.raises(Conflict, match="is cancelled already"):
        actions.cancel_run(by=BY, run=run)


def test_a_cancelled_run_goes_on_with_what_is_missing(provider):
    run = make_stage(3).start()
    actions.cancel_run(by=BY, run=run)
    run = runner.run_inline(actions.continue_run(by=BY, run=run).pk)
    assert (run.state, run.done, run.reason) == ("finished", 3, "")


def test_a_failed_run_goes_on_once_its_key_is_mended(provider):
    provider.answer = raising(BadKey("Wrong.", status=401))
    run = runner.run_inline(make_stage(25).start().pk)
    provider.answer = type(provider)().answer
    run = runner.run_inline(actions.continue_run(by=BY, run=run, retry_failed=True).pk)
    assert (run.state, run.done, run.failed) == ("finished", 25, 0)


def test_going_on_is_refused_while_under_way_or_done_or_without_money(provider):
    stage = make_stage(3)
    run = stage.start()
    with pytest.raises(Conflict, match="still under way"):
        actions.continue_run(by=BY, run=run)
    run = runner.run_inline(run.pk)
    with pytest.raises(Conflict, match="has a result for each of its 3 cases"):
        actions.continue_run(by=BY, run=run, retry_failed=True)
    stopped = runner.run_inline(stage.start(ceiling=Decimal("0.02")).pk)
    with pytest.raises(InvalidInput, match=r"are spent already: give a ceiling above that, not \$0\.001"):
        actions.continue_run(by=BY, run=stopped, ceiling=Decimal("0.001"))
