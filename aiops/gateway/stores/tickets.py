"""The port `Tickets`: calls that wait, as rows in Postgres."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from psycopg import OperationalError

from aiops.gateway.call_ids import new_id
from aiops.gateway.messages import Call, Reply, Ticket
from aiops.gateway.stores.pool import Connect


class StoredTickets:
    """The port `Tickets`: a row in Postgres."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect

    async def open(
        self, call: Call, kind: Any, reason: str, *, seconds: int, held: Reply | None = None
    ) -> Ticket:
        """Raises OSError while the database is away: then another fallback answers."""
        ticket = Ticket(id="tkt_" + new_id()[5:], kind=kind)
        due = datetime.now(UTC) + timedelta(seconds=seconds)
        try:
            async with self._connect() as connection:
                await connection.execute(_OPEN, _ticket_row(ticket, call, reason, due, held))
        except OperationalError as error:
            raise OSError(str(error)) from error
        return ticket


_OPEN = """
INSERT INTO gateway_ticket (id, kind, state, call_id, tenant, feature, reason, locale, category, inputs,
  messages, held, output, tries, opened_at, due_at, next_at, answered_by)
VALUES (%(id)s, %(kind)s, 'waiting', %(call)s, %(tenant)s, %(feature)s, %(reason)s, %(locale)s, %(category)s,
  %(inputs)s::jsonb, %(messages)s::jsonb, %(held)s, '', 0, clock_timestamp(), %(due)s,
  CASE WHEN %(kind)s = 'deferred' THEN clock_timestamp() + interval '30 seconds' END, '')
"""


def _ticket_row(ticket: Ticket, call: Call, reason: str, due: datetime, held: Reply | None) -> dict[str, Any]:
    return {
        "id": ticket.id,
        "kind": ticket.kind,
        "call": call.id,
        "tenant": call.tenant,
        "feature": call.feature.slug,
        "reason": reason,
        "locale": call.locale,
        "category": call.category,
        "inputs": orjson.dumps(dict(call.inputs)).decode(),
        "messages": orjson.dumps([[one.role, one.content] for one in call.messages]).decode(),
        "held": held.text if held else "",
        "due": due,
    }
