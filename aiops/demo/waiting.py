"""Tickets of the demo: some wait for somebody, one is answered, one is handed to a colleague.

They belong to calls of the last days. Every second contract had an answer that its schema refused: cut off.
"""

from datetime import datetime, timedelta
from typing import Any

from aiops.accounts.models import User
from aiops.demo import deciding
from aiops.demo.records import SIMULATED
from aiops.gateway.models import Call, Ticket
from aiops.reviews.models import TicketClaim

_TERMS = '{"effective_date": "2026-11-01", "term_months": 24, "notice_days": 90}'
_CUT = "The answer is no JSON: it ends within a value."
_COLLEAGUE, _NOTE = "reviewer2@demo", "They wrote to you before: you know what was promised."
_KINDS = {"person": Ticket.Kind.PERSON, "deferred": Ticket.Kind.DEFERRED}
_EACH = 6
_HOURS = {"approval": 24, "person": 48, "deferred": 4}


def tickets(now: datetime) -> None:
    """The newest calls that wait for an approval, a person or a later try get their tickets."""
    if Ticket.objects.exists():
        return
    queued = Call.objects.filter(outcome="queued", metadata=SIMULATED).order_by("-at")
    for served_by in ("", "person", "deferred"):
        rows = queued.filter(served_by=served_by)
        for place, call in enumerate(rows[:_EACH]):
            _ticket(call, now, place)
    _hand_over(now)


def _hand_over(now: datetime) -> None:
    """The one that has most time lies with a colleague."""
    people = User.objects.filter(email=_COLLEAGUE)
    rows = Ticket.objects.filter(kind=Ticket.Kind.APPROVAL, state=Ticket.State.WAITING)
    if (ticket := rows.order_by("due_at").last()) and (person := people.first()):
        facts = {"since": now, "lease_until": now + timedelta(hours=1), "note": _NOTE}
        TicketClaim.objects.create(ticket=ticket, person=person, **facts)


def _ticket(call: Call, now: datetime, place: int) -> None:
    kind = _KINDS.get(call.served_by, Ticket.Kind.APPROVAL)
    drafts = deciding.wanted().drafts
    due = call.at + timedelta(hours=_HOURS[kind])
    row = Ticket(
        id="tkt_" + call.id[5:], kind=kind, call_id=call.id, tenant=call.tenant, feature=call.feature,
        reason=call.reason or "held", locale=call.locale, category=call.category, inputs=call.inputs or {},
        held=drafts[call.locale] if kind == Ticket.Kind.APPROVAL else "", opened_at=call.at, due_at=due,
    )  # fmt: skip  # arguments by what they belong to
    if due < now:
        row.state = Ticket.State.EXPIRED
    elif place == 2 and kind != Ticket.Kind.DEFERRED:
        row.state, row.answered_at = Ticket.State.ANSWERED, min(now, call.at + timedelta(minutes=38))
        row.output, row.answered_by = row.held or _TERMS, "reviewer@demo"
    said = _withheld() if kind == Ticket.Kind.PERSON and place % 2 == 0 else {}
    row.reason = said.get("reason", row.reason)
    row.save(force_insert=True)
    Call.objects.filter(at=call.at, id=call.id).update(ticket=row.id, **said)


def _withheld() -> dict[str, Any]:
    """An answer that ends in the middle of it."""
    check = {"name": "schema", "passed": False, "reason": _CUT, "enforced": True, "margin": None}
    return {
        "reason": "guardrail", "error": "No answer passed the guardrails: schema.", "rejected": _TERMS[:58],
        "checks": [{**check, "mended": False, "repaired": False}],
    }  # fmt: skip  # pairs, read as a table
