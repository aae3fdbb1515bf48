from datetime import timedelta
from decimal import Decimal

import pytest

from aiops.accounts.models import Workspace
from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.core.actors import SystemActor
from aiops.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from aiops.flags import actions, presence, queries
from aiops.flags.audience import EVERYBODY, NOBODY, Audience
from aiops.flags.models import Flag, GatewayProcess, KillSwitch
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def feature():
    return factories.make_feature()


def off(feature):
    actions.change_flag(by=SystemActor("shell"), feature=feature, wanted=NOBODY)


def small(percent):
    return Audience(limited=True, percent=Decimal(percent))


def test_a_feature_without_a_flag_is_on_for_everybody(feature):
    assert queries.audience(feature) == EVERYBODY


def test_turning_off_never_waits(user, feature):
    Workspace.objects.create(four_eyes="always")
    assert actions.change_flag(by=user, feature=feature, wanted=NOBODY) is None
    assert queries.audience(feature) == NOBODY


def test_turning_on_waits_for_a_second_person(user, feature):
    off(feature)
    request = actions.change_flag(by=user, feature=feature, wanted=EVERYBODY, reason="ready")
    assert queries.audience(feature) == NOBODY
    with pytest.raises(NotAllowed, match="somebody else"):
        actions.approve_request(by=user, request=request)
    actions.approve_request(by=factories.make_user(["engineer"]), request=request)
    assert queries.audience(feature) == EVERYBODY


def test_turning_on_for_a_small_share_does_not_wait(user, feature):
    off(feature)
    assert actions.change_flag(by=user, feature=feature, wanted=small("10")) is None
    assert actions.change_flag(by=user, feature=feature, wanted=small("10.01")) is not None


def test_widening_in_small_steps_waits_all_the_same(user, feature):
    off(feature)
    actions.change_flag(by=user, feature=feature, wanted=small("9"))
    assert actions.change_flag(by=user, feature=feature, wanted=small("18")) is not None


def test_where_four_eyes_are_off_nothing_waits(user, feature):
    Workspace.objects.create(four_eyes="off")
    off(feature)
    assert actions.change_flag(by=user, feature=feature, wanted=EVERYBODY) is None


def test_a_change_keeps_the_salt(user, feature):
    actions.change_flag(by=user, feature=feature, wanted=small("50"))
    salt = Flag.objects.get().salt
    actions.change_flag(by=user, feature=feature, wanted=small("5"))
    assert Flag.objects.get().salt == salt


def test_the_same_again_changes_and_records_nothing(user, feature):
    assert actions.change_flag(by=user, feature=feature, wanted=EVERYBODY) is None
    assert (Flag.objects.count(), AuditEvent.objects.count()) == (0, 0)


def test_a_flag_that_changed_meanwhile_is_a_conflict(user, feature):
    with pytest.raises(Conflict, match="has changed meanwhile"):
        actions.change_flag(by=user, feature=feature, wanted=small("5"), expected=NOBODY)


def test_a_second_request_waits_for_the_first(user, feature):
    off(feature)
    actions.change_flag(by=user, feature=feature, wanted=EVERYBODY)
    with pytest.raises(Conflict, match="waits already"):
        actions.change_flag(by=user, feature=feature, wanted=small("50"))


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (small("101"), "from 0 to 100"),
        (small("0.001"), "two decimals"),
        (Audience(limited=True, tenants=frozenset({"none"})), "no tenant none"),
    ],
)
def test_a_flag_for_what_is_not_there_is_refused(user, feature, wanted, words):
    with pytest.raises(InvalidInput, match=words):
        actions.change_flag(by=user, feature=feature, wanted=wanted)


def test_a_request_about_a_flag_that_changed_is_not_applied(user):
    request = factories.make_request()
    actions.change_flag(by=SystemActor("shell"), feature=request.feature, wanted=small("1"))
    with pytest.raises(Conflict, match="has changed since"):
        actions.approve_request(by=user, request=request)
    request.refresh_from_db()
    assert request.state == "waiting"


def test_an_answered_request_is_answered(user):
    request = factories.make_request()
    actions.decline_request(by=user, request=request, reason="not now")
    with pytest.raises(Conflict, match="is declined already"):
        actions.approve_request(by=user, request=request)


def test_only_whoever_asked_withdraws(user):
    request = factories.make_request()
    with pytest.raises(NotAllowed, match="Decline it instead"):
        actions.withdraw_request(by=user, request=request)
    assert actions.withdraw_request(by=request.asked_by, request=request).state == "withdrawn"


def test_a_stop_twice_is_one_stop(user, feature):
    first = actions.stop(by=user, scope="feature", target=feature.slug, reason="nonsense")
    again = actions.stop(by=user, scope="feature", target=feature.slug, reason="still")
    assert (again.pk, KillSwitch.objects.count()) == (first.pk, 1)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"scope": "feature", "target": "none", "reason": "x"}, NotFound),
        ({"scope": "tenant", "target": "none", "reason": "x"}, NotFound),
        ({"scope": "model", "target": "none", "reason": "x"}, NotFound),
        ({"scope": "feature", "reason": "x"}, InvalidInput),
        ({"scope": "global", "target": "x", "reason": "x"}, InvalidInput),
        ({"scope": "universe", "reason": "x"}, InvalidInput),
        ({"scope": "global", "reason": " "}, InvalidInput),
    ],
)
def test_a_stop_of_nothing_is_refused(user, values, error):
    with pytest.raises(error):
        actions.stop(by=user, **values)


def test_ones_own_stop_is_lifted_alone_for_ten_minutes(user):
    stop = factories.make_stop(by=user)
    assert actions.lift(by=user, stop=stop) is None
    assert KillSwitch.objects.get().lifted_by == user


def test_an_old_stop_takes_a_second_person(user):
    stop = factories.make_stop(by=user, at=clock.now() - timedelta(minutes=11))
    request = actions.lift(by=user, stop=stop, reason="mended")
    with pytest.raises(Conflict, match="asked to lift this stop already"):
        actions.lift(by=user, stop=stop)
    actions.approve_request(by=factories.make_user(["product"]), request=request)
    assert KillSwitch.objects.get().lift_reason == "mended"
    with pytest.raises(Conflict, match="lifted already"):
        actions.lift(by=user, stop=stop)


def test_the_stop_of_a_small_feature_is_lifted_alone(user):
    flag = factories.make_flag(percent=Decimal(5))
    stop = factories.make_stop(scope="feature", target=flag.feature.slug)
    assert actions.lift(by=user, stop=stop) is None


def test_a_stop_that_was_lifted_in_between_is_a_conflict(user):
    stop = factories.make_stop(by=user)
    actions.lift(by=SystemActor("shell"), stop=stop)
    with pytest.raises(Conflict, match="lifted already"):
        actions.lift(by=user, stop=stop)


def test_who_knows_of_a_revision():
    at = clock.now()
    knows = factories.make_process(revision=7, started_at=at - timedelta(hours=1))
    knows.acknowledgements.create(revision=7, at=at + timedelta(seconds=0.2))
    lags = factories.make_process(revision=6, started_at=at - timedelta(hours=1))
    later = factories.make_process(revision=9, started_at=at + timedelta(seconds=1))
    silent = factories.make_process(revision=1, seen_at=at - timedelta(minutes=1))
    factories.make_process(revision=1, seen_at=at - timedelta(minutes=11))
    spread = queries.spread(7, at)
    assert (spread.done, spread.total, spread.complete, spread.laggards) == (2, 3, False, [lags.instance])
    assert spread.seconds == pytest.approx(0.2)
    assert [str(one) for one in spread.silent] == [f"{silent.instance} (silent for 60 s)"]
    assert [one.process.instance for one in spread.known if one.since_start] == [later.instance]


def test_nobody_knows_of_what_is_not_published():
    assert queries.spread(None, None).total == 0


def test_a_worker_acknowledges_while_it_lives_and_leaves_nothing_behind():
    at = clock.now()
    lives = factories.make_process(port=0, revision=7, started_at=at)
    killed = factories.make_process(port=0, revision=1, seen_at=at - timedelta(seconds=30))
    killed.acknowledgements.create(revision=1, at=at)
    gateway = factories.make_process(revision=7, seen_at=at - timedelta(seconds=30))
    spread = queries.spread(8, at)
    assert (spread.laggards, [one.instance for one in spread.silent]) == (
        [f"worker {lives.instance}"], [gateway.instance]
    )  # fmt: skip  # rows of a table, one to a line
    presence.forget_workers()
    assert set(GatewayProcess.objects.all()) == {lives, gateway}
