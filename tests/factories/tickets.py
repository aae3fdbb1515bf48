"""Calls that wait."""

from datetime import timedelta
from typing import Any

from aiops.core import clock
from aiops.gateway.call_ids import new_id
from aiops.gateway.models import Ticket


def make_ticket(**values: Any) -> Ticket:
    """An answer that waits for approval, due in a day."""
    call_id = new_id()
    facts = {
        "id": "tkt_" + call_id[5:], "call_id": call_id, "kind": "approval", "tenant": "acme",
        "feature": "reply", "reason": "held", "inputs": {"ticket": "Where is my lamp?"},
        "due_at": clock.now() + timedelta(days=1),
    }  # fmt: skip  # pairs, read as a table
    facts |= {} if values.get("kind") else {"held": "It is on its way.\nSorry."}
    return Ticket.objects.create(**{**facts, **values})
