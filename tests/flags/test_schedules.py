"""Flags changed later: planned, approved, canceled, carried out; and put back to what they were."""

from datetime import timedelta

import pytest

from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.core.actors import SystemActor
from aiops.core.errors import Conflict, InvalidInput, NotAllowed
from aiops.flags import actions, queries
from aiops.flags.audience import EVERYBODY, NOBODY
from aiops.flags.forms import written
from aiops.flags.models import ChangeRequest, Flag, Schedule
from aiops.flags.tasks import carry_out_schedules
from tests import factories

pytestmark = pytest.mark.django_db
BEAT = SystemActor("beat")


@pytest.fixture
def second():
    return factories.make_user(roles=["product"])


@pytest.fixture
def off():
    """A feature that is off for everybody."""
    return factories.make_flag(on=False, limited=False).feature


def later(**delta):
    return clock.now() + timedelta(**(delta or {"hours": 1}))


def due(schedule):
    Schedule.objects.filter(pk=schedule.pk).update(due_at=clock.now() - timedelta(seconds=1))


def test_turning_off_later_waits_for_nobody_and_happens_when_it_is_due(user):
    feature = factories.make_feature()
    made = actions.plan_change(by=user, feature=feature, wanted=NOBODY, due_at=later())
    carry_out_schedules()
    assert (made.state, queries.audience(feature)) == ("planned", EVERYBODY)
    due(made)
    carry_out_schedules()
    made.refresh_from_db()
    assert (made.state, queries.audience(feature).lets_in) == ("done", False)
    assert AuditEvent.objects.filter(action="flags.changed").get().actor_label == "beat"


def test_turning_on_later_takes_a_second_person_when_it_is_asked_for(user, second, off):
    made = actions.plan_change(by=user, feature=off, wanted=EVERYBODY, due_at=later())
    assert made.state == "waiting"
    with pytest.raises(NotAllowed, match="somebody else"):
        actions.approve_schedule(by=user, schedule=made)
    actions.approve_schedule(by=second, schedule=made)
    with pytest.raises(Conflict, match="approved already"):
        actions.approve_schedule(by=second, schedule=made)
    due(made)
    carry_out_schedules()
    assert queries.audience(off).lets_in


def test_what_nobody_approved_in_time_is_not_done(user, off):
    made = actions.plan_change(by=user, feature=off, wanted=EVERYBODY, due_at=later())
    due(made)
    done = actions.carry_out(by=BEAT, schedule=made)
    assert (done.state, done.outcome, queries.audience(off).lets_in) == (
        "failed",
        "Nobody approved it in time.",
        False,
    )


def test_what_would_let_in_more_than_was_agreed_is_not_done(user):
    """Nothing was wider when it was asked for; somebody has turned the flag off since."""
    feature = factories.make_feature()
    made = actions.plan_change(by=user, feature=feature, wanted=EVERYBODY, due_at=later())
    actions.change_flag(by=user, feature=feature, wanted=NOBODY)
    done = actions.carry_out(by=BEAT, schedule=made)
    assert (done.state, "more than was agreed" in done.outcome) == ("failed", True)
    assert queries.audience(feature).lets_in is False


def test_what_is_so_already_is_done_without_a_change(user, off):
    made = actions.plan_change(by=user, feature=off, wanted=queries.audience(off), due_at=later())
    assert actions.carry_out(by=BEAT, schedule=made).state == "done"
    assert AuditEvent.objects.filter(action="flags.changed").exists() is False


def test_a_canceled_schedule_stays_canceled(user, second):
    made = factories.make_schedule()
    assert actions.cancel_schedule(by=second, schedule=made).state == "canceled"
    with pytest.raises(Conflict, match="canceled already"):
        actions.carry_out(by=BEAT, schedule=made)


@pytest.mark.parametrize("when", [{"seconds": -1}, {"days": 400}])
def test_a_time_that_is_over_or_far_away_is_refused(user, when):
    with pytest.raises(InvalidInput, match="a time to come"):
        actions.plan_change(by=user, feature=factories.make_feature(), wanted=NOBODY, due_at=later(**when))


def test_one_that_cannot_be_done_stops_no_other(monkeypatch):
    first, other = factories.make_schedule(), factories.make_schedule()
    due(first)
    due(other)
    real = actions.carry_out

    def carry_out(*, by, schedule):
        if schedule == first:
            raise Conflict("somebody was faster")
        return real(by=by, schedule=schedule)

    monkeypatch.setattr("aiops.flags.actions.carry_out", carry_out)
    carry_out_schedules()
    assert [Schedule.objects.get(pk=one.pk).state for one in (first, other)] == ["planned", "done"]


# The pages


@pytest.fixture
def product(as_role):
    return as_role("product")


def page(client, url):
    return client.get(url).content.decode()


def sent(feature, **values):
    return {"state": "nobody", "seen": written(queries.audience(feature)), **values}


def test_the_form_plans_for_a_time_in_the_persons_zone(product):
    product.user.timezone = "Asia/Tokyo"
    product.user.save()
    feature, when = factories.make_feature(), later(days=2).replace(second=0, microsecond=0)
    typed = (when + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M")
    answer = product.post(f"/flags/features/{feature.slug}/", sent(feature, due_at=typed), follow=True)
    assert "Planned for" in answer.content.decode()
    assert (Schedule.objects.get().due_at, Flag.objects.exists()) == (when, False)
    assert "Cancel it" in page(product, "/flags/")


def test_a_time_that_is_over_is_said_in_the_form(product):
    feature = factories.make_feature()
    answer = product.post(f"/flags/features/{feature.slug}/", sent(feature, due_at="2020-01-01T00:00"))
    assert (answer.status_code, "Choose a time to come" in answer.content.decode()) == (422, True)


def test_a_second_person_approves_on_the_page_and_anyone_cancels(product, as_role):
    made = factories.make_schedule(state="waiting", wanted=EVERYBODY.as_json())
    url = f"/flags/schedules/{made.pk}/answer/"
    assert "Approve" in page(product, "/flags/")
    product.post(url, {"answer": "approve"})
    made.refresh_from_db()
    assert (made.state, made.approved_by) == ("planned", product.user)
    assert "Cancel it" in page(product, f"/flags/features/{made.feature.slug}/")
    assert as_role("viewer").post(url, {"answer": "cancel"}).status_code == 403
    product.post(url, {"answer": "cancel"})
    text = product.post(url, {"answer": "cancel"}, follow=True).content.decode()
    assert "It is canceled already." in text


def test_a_change_is_put_back_and_what_widens_waits(product, user):
    feature = factories.make_feature()
    actions.change_flag(by=user, feature=feature, wanted=NOBODY, reason="It answers nonsense.")
    text = page(product, f"/flags/features/{feature.slug}/")
    assert ("It answers nonsense." in text, "Put back" in text) == (True, True)
    change, url = queries.flag_history(feature).get(), f"/flags/features/{feature.slug}/revert/"
    product.post(url, {"change": change.pk})
    request = ChangeRequest.objects.get()
    assert (request.wanted["on"], queries.audience(feature).lets_in) == (True, False)
    again = product.post(url, {"change": change.pk}, follow=True).content.decode()
    assert "waits already" in again
    assert product.post(url, {"change": "x"}).status_code == 404
    assert (
        product.post(
            f"/flags/features/{factories.make_feature().slug}/revert/", {"change": change.pk}
        ).status_code
        == 404
    )
