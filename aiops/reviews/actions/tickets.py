"""What a person may do about a call that waits: answer it, release or reject its answer, hand it over."""

from datetime import timedelta

from django.db import transaction

from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.errors import Conflict, InvalidInput
from aiops.core.tasks import enqueue
from aiops.features import queries as features
from aiops.gateway import callbacks
from aiops.gateway.models import Callback, Ticket
from aiops.reviews import ticket_claims
from aiops.reviews.models import TicketClaim

MOST = 100_000  # characters of an answer


@transaction.atomic
def answer_ticket(*, by: User, ticket: Ticket, output: str, note: str = "") -> Ticket:
    """Give the caller `output`. On a held answer that is an approval, edited where it differs from `held`.

    InvalidInput for an empty answer, Conflict where it no longer waits or somebody else has it.
    """
    if not output.strip() or len(output) > MOST:
        raise InvalidInput(f"Write an answer of at most {MOST:,} characters.")
    locked = _waiting(by, ticket)
    how = "answered"
    if locked.kind == Ticket.Kind.APPROVAL:
        how = "approved" if _lines(output) == _lines(locked.held) else "edited"
    locked.output = locked.held if how == "approved" else output
    return _close(by, locked, Ticket.State.ANSWERED, how, note)


@transaction.atomic
def reject_ticket(*, by: User, ticket: Ticket, note: str) -> Ticket:
    """Let the held answer never be given to anybody. Raises InvalidInput without a reason."""
    locked = _waiting(by, ticket)
    if locked.kind != Ticket.Kind.APPROVAL:
        raise InvalidInput("Only an answer that waits for approval can be rejected.")
    if not note.strip():
        raise InvalidInput("Say why: whoever looks after the feature reads it.")
    return _close(by, locked, Ticket.State.REJECTED, "rejected", note)


@transaction.atomic
def send_again(*, by: User, ticket: Ticket) -> Callback:
    """Tell the application of the ticket's end once more, from the first try on; no model is asked again.

    Raises Conflict while the ticket waits, InvalidInput where the feature names no address.
    """
    locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
    if locked.state == Ticket.State.WAITING:
        raise Conflict("This ticket still waits: there is nothing to send yet.")
    if not (address := features.callback_urls([locked.feature]).get(locked.feature)):
        raise InvalidInput("The feature’s policy names no address that answers are sent to.")
    facts = {"state": Callback.State.WAITING, "tries": 0, "next_at": clock.now()}
    callback, _ = Callback.objects.update_or_create(ticket=locked, defaults=facts)
    audit.record(
        by=by,
        action="reviews.callback_sent_again",
        on=locked,
        feature=locked.feature,
        after={"address": address},
    )
    enqueue(callbacks.TASK, locked.pk, hint=True)
    return callback


@transaction.atomic
def hand_over_ticket(*, by: User, ticket: Ticket, to: User, note: str = "") -> TicketClaim:
    """Give the ticket that one has to a colleague, who has an hour to come and see.

    InvalidInput where `to` may not answer tickets; Conflict where it no longer waits or is not one's own.
    """
    locked = _waiting(by, ticket)
    if to == by or not to.may(Permission.TICKETS_ANSWER):
        raise InvalidInput("Choose a colleague who may answer tickets.")
    now = clock.now()
    facts = {"person": to, "since": now, "note": note.strip()[:2000]}
    facts["lease_until"] = min(now + timedelta(seconds=ticket_claims.HANDED), locked.due_at)
    claim, _ = TicketClaim.objects.update_or_create(ticket=locked, defaults=facts)
    audit.record(
        by=by,
        action="reviews.ticket_handed_over",
        on=locked,
        feature=locked.feature,
        after={"to": to.actor_label},
        reason=claim.note,
    )
    return claim


def _lines(text: str) -> list[str]:
    """Browsers send other line ends than models write."""
    return text.strip().splitlines()


def _waiting(by: User, ticket: Ticket) -> Ticket:
    locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
    if locked.state != Ticket.State.WAITING:
        raise Conflict(f"This ticket is {locked.get_state_display().lower()} already.")
    if locked.due_at <= clock.now():
        raise Conflict("This ticket has expired: its caller no longer waits.")
    held = ticket_claims.holder(locked)
    if held is not None and held.person_id != by.pk:
        raise Conflict(f"{held.person.name} has this ticket.")
    return locked


def _close(by: User, ticket: Ticket, state: Ticket.State, how: str, note: str) -> Ticket:
    ticket.state, ticket.note = state, note.strip()
    ticket.answered_at, ticket.answered_by = clock.now(), by.actor_label
    ticket.save(update_fields=["state", "note", "output", "answered_at", "answered_by"])
    audit.record(
        by=by,
        action=f"reviews.ticket_{how}",
        on=ticket,
        feature=ticket.feature,
        after={"call": ticket.call_id, "kind": ticket.kind, "characters": len(ticket.output)},
        reason=ticket.note,
    )
    callbacks.tell([ticket.pk])
    return ticket
