"""The second person's answer to a change request."""

from django.db import transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.errors import Conflict, NotAllowed
from aiops.features.models import Feature
from aiops.flags import queries
from aiops.flags.audience import Audience
from aiops.flags.models import ChangeRequest
from aiops.flags.putting import end_stop, put_flag


@transaction.atomic
def approve_request(*, by: User, request: ChangeRequest) -> ChangeRequest:
    """Let it happen. NotAllowed for whoever asked; Conflict where the flag is not what it was then."""
    request = _locked(request)
    if request.asked_by_id == by.pk:
        raise NotAllowed("You asked for this: somebody else has to approve it.")
    decided = _decide(by, request, ChangeRequest.State.APPROVED, "")
    if request.stop:
        end_stop(by, request.stop, request.reason or f"asked by {request.asked_by}")
    elif request.feature:
        _apply(by, request, request.feature)
    return decided


@transaction.atomic
def decline_request(*, by: User, request: ChangeRequest, reason: str = "") -> ChangeRequest:
    return _decide(by, _locked(request), ChangeRequest.State.DECLINED, reason)


@transaction.atomic
def withdraw_request(*, by: User, request: ChangeRequest) -> ChangeRequest:
    """Take back what oneself asked for. NotAllowed for others, who decline it."""
    request = _locked(request)
    if request.asked_by_id != by.pk:
        raise NotAllowed(f"Only {request.asked_by} can withdraw this. Decline it instead.")
    return _decide(by, request, ChangeRequest.State.WITHDRAWN, "")


def _apply(by: User, request: ChangeRequest, feature: Feature) -> None:
    locked = Feature.objects.select_for_update().get(pk=feature.pk)
    if queries.audience(locked) != Audience.from_json(request.before):
        raise Conflict(f"The flag of {locked.slug} has changed since. Decline this, and ask again.")
    put_flag(by, locked, Audience.from_json(request.wanted), f"change request {request.pk}")


def _locked(request: ChangeRequest) -> ChangeRequest:
    rows = ChangeRequest.objects.select_for_update(of=("self",)).select_related("feature", "stop", "asked_by")
    found = rows.get(pk=request.pk)
    if found.state != ChangeRequest.State.WAITING:
        raise Conflict(f"{found} is {found.get_state_display().lower()} already.")
    return found


def _decide(by: User, request: ChangeRequest, state: ChangeRequest.State, reason: str) -> ChangeRequest:
    request.state, request.decision = state, reason.strip()
    request.decided_at, request.decided_by = clock.now(), by
    request.save(update_fields=["state", "decision", "decided_at", "decided_by"])
    audit.record(
        by=by,
        action=f"flags.request_{state.value}",
        on=request,
        feature=request.feature.slug if request.feature else "",
        after={"asked_by": request.asked_by.email},
        reason=request.decision,
    )
    return request
