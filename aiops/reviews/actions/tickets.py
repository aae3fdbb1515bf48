"""What a person may do about a call that waits: answer it, release its held answer, or turn that down."""

from django.db import transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.errors import Conflict, InvalidInput
from aiops.core.tasks import enqueue
from aiops.features import queries as features
from aiops.gateway import callbacks
from aiops.gateway.models import Callback, Ticket

MOST = 100_000  # characters of an answer


@transaction.atomic
def answer_ticket(*, by: User, ticket: Ticket, output: str, note: str = "") -> Ticket:
    """Give the caller `output`. On a held answer that is an approval, edited where it differs from `held`.

    Raises InvalidInput for an empty answer, Conflict where the ticket no longer waits.
    """
    if not output.strip() or len(output) > MOST:
        raise InvalidInput(f"Write an answer of at most {MOST:,} characters.")
    locked = _waiting(ticket)
    how = "answered"
    if locked.kind == Ticket.Kind.APPROVAL:
        how = "approved" if _lines(output) == _lines(locked.held) else "edited"
    locked.output = locked.held if how == "approved" else output
    return _close(by, locked, Ticket.State.ANSWERED, how, note)


@transaction.atomic
def reject_ticket(*, by: User, ticket: Ticket, note: str) -> Ticket:
    """Let the held answer never be given to anybody. Raises InvalidInput without a reason."""
    locked = _waiting(ticket)
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


def _lines(text: str) -> list[str]:
    """Browsers send other line ends than models write."""
    return text.strip().splitlines()


def _waiting(ticket: Ticket) -> Ticket:
    locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
    if locked.state != Ticket.State.WAITING:
        raise Conflict(f"This ticket is {locked.get_state_display().lower()} already.")
    if locked.due_at <= clock.now():
        raise Conflict("This ticket has expired: its caller no longer waits.")
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
