"""The port `Tickets`: calls that wait, as rows in Postgres."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from psycopg import OperationalError

from aiops.gateway.call_ids import new_id
from aiops.gateway.messages import Call, Reply, Ticket
from aiops.gateway.ports import Found
from aiops.gateway.stores.pool import Connect

PATIENCE = 2.0  # seconds that a look-up may take


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

    async def find(self, ticket_id: str, tenant: str) -> Found | None:
        """Raises OSError while the database is away."""
        try:
            async with asyncio.timeout(PATIENCE), self._connect() as connection:
                cursor = await connection.execute(_FIND, {"id": ticket_id, "tenant": tenant})
                row = await cursor.fetchone()
        except (OperationalError, TimeoutError) as error:
            raise OSError(str(error)) from error
        if row is None:
            return None
        feature, output, state = row
        return Found(feature, state, output if state == "answered" else None)


_FIND = """
SELECT feature, output,
  CASE WHEN state = 'waiting' AND due_at <= clock_timestamp() THEN 'expired' ELSE state END
FROM gateway_ticket WHERE id = %(id)s AND tenant = %(tenant)s
"""
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
