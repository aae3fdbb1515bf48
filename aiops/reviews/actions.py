"""What a person may do about a call that waits: answer it, release its held answer, or turn that down."""

from django.db import transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.errors import Conflict, InvalidInput
from aiops.gateway.models import Ticket

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
    return ticket
