"""A flag's change at a time to come: planned, approved, canceled, carried out."""

from datetime import datetime, timedelta

from django.db import transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput, NotAllowed
from aiops.features.models import Feature
from aiops.flags import queries
from aiops.flags.actions.flags import check_audience, takes_two
from aiops.flags.audience import Audience
from aiops.flags.models import Schedule
from aiops.flags.putting import put_flag

FURTHEST = timedelta(days=366)
State = Schedule.State


@transaction.atomic
def plan_change(
    *, by: User, feature: Feature, wanted: Audience, due_at: datetime, reason: str = ""
) -> Schedule:
    """Let `wanted` in from `due_at` on. What widens above the workspace's share waits for a second person.

    InvalidInput for a time that is over or more than a year away.
    """
    check_audience(wanted)
    if not clock.now() < due_at <= clock.now() + FURTHEST:
        raise InvalidInput("Choose a time to come, within a year.")
    locked = Feature.objects.select_for_update().get(pk=feature.pk)
    before = queries.audience(locked)
    made = Schedule.objects.create(
        feature=locked,
        before=before.as_json(),
        wanted=wanted.as_json(),
        due_at=due_at,
        reason=reason.strip(),
        state=State.WAITING if takes_two(before, wanted) else State.PLANNED,
        asked_by=by,
    )
    _record(by, made, "flags.change_planned", before=made.before, after=made.wanted, reason=made.reason)
    return made


@transaction.atomic
def approve_schedule(*, by: User, schedule: Schedule) -> Schedule:
    """Let it happen when its time comes. NotAllowed for whoever asked."""
    schedule = _open(schedule)
    if schedule.state != State.WAITING:
        raise Conflict("It is approved already.")
    if schedule.asked_by_id == by.pk:
        raise NotAllowed("You asked for this: somebody else has to approve it.")
    schedule.state, schedule.approved_at, schedule.approved_by = State.PLANNED, clock.now(), by
    schedule.save(update_fields=["state", "approved_at", "approved_by"])
    _record(by, schedule, "flags.schedule_approved")
    return schedule


@transaction.atomic
def cancel_schedule(*, by: User, schedule: Schedule) -> Schedule:
    """Nothing will happen. Whoever may change flags may do so."""
    schedule = _end(_open(schedule), State.CANCELED, "")
    _record(by, schedule, "flags.schedule_canceled")
    return schedule


@transaction.atomic
def carry_out(*, by: Actor, schedule: Schedule) -> Schedule:
    """Its time has come. Not done where nobody approved it, or where it would now do more than was agreed."""
    schedule = _open(schedule)
    feature = Feature.objects.select_for_update().get(pk=schedule.feature_id)
    now, wanted = queries.audience(feature), Audience.from_json(schedule.wanted)
    if why_not := _why_not(schedule, now, wanted):
        schedule = _end(schedule, State.FAILED, why_not)
        _record(by, schedule, "flags.schedule_failed", reason=why_not)
        return schedule
    if now != wanted:
        put_flag(by, feature, wanted, f"schedule {schedule.pk} of {schedule.asked_by}")
    schedule = _end(schedule, State.DONE, "")
    _record(by, schedule, "flags.schedule_done")
    return schedule


def _why_not(schedule: Schedule, now: Audience, wanted: Audience) -> str:
    if schedule.state == State.WAITING:
        return "Nobody approved it in time."
    if not takes_two(now, wanted):
        return ""
    if schedule.approved_by is None or now != Audience.from_json(schedule.before):
        return "The flag has changed since, so that this would let in more than was agreed. Ask again."
    return ""


def _open(schedule: Schedule) -> Schedule:
    Schedule.objects.select_for_update().get(pk=schedule.pk)
    found = Schedule.objects.select_related("feature", "asked_by", "approved_by").get(pk=schedule.pk)
    if found.ended_at:
        raise Conflict(f"It is {found.get_state_display().lower()} already.")
    return found


def _end(schedule: Schedule, state: Schedule.State, outcome: str) -> Schedule:
    schedule.state, schedule.ended_at, schedule.outcome = state, clock.now(), outcome
    schedule.save(update_fields=["state", "ended_at", "outcome"])
    return schedule


def _record(by: Actor, schedule: Schedule, action: str, **facts: object) -> None:
    after = {"due_at": schedule.due_at.isoformat(), "asked_by": schedule.asked_by.email}
    told = {"after": after, **facts}
    audit.record(by=by, action=action, on=schedule, feature=schedule.feature.slug, **told)  # type: ignore[arg-type]  # before, after and reason as above
