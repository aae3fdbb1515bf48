"""Who has which ticket. One statement gives it to a person, so that no two people answer the same one.

A claim is a lease: the page that shows the ticket says each minute that it is still there. Where it is gone
the lease ends, and the same statement gives the ticket to whoever asks next.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction

from aiops.accounts.models import User
from aiops.gateway.models import Ticket
from aiops.reviews.models import TicketClaim

LEASE = 300  # seconds
HEARTBEAT = 60  # seconds between two signs of life of a page
HANDED = 3600  # seconds that a colleague has to come and see what was handed over

# What one holds already comes first, then what is due first. A row that somebody else locks is theirs.
_CLAIM = """
INSERT INTO reviews_ticketclaim AS held (ticket_id, person_id, since, lease_until, note)
SELECT t.id, %(person)s, statement_timestamp(),
  statement_timestamp() + make_interval(secs => %(lease)s), ''
FROM gateway_ticket t LEFT JOIN reviews_ticketclaim c ON c.ticket_id = t.id
WHERE t.state = 'waiting' AND t.due_at > statement_timestamp() AND t.kind <> 'deferred'
  AND (%(ticket)s::text IS NULL OR t.id = %(ticket)s)
  AND (c.ticket_id IS NULL OR c.person_id = %(person)s OR c.lease_until <= statement_timestamp())
ORDER BY coalesce(c.person_id = %(person)s AND c.lease_until > statement_timestamp(), false) DESC,
  t.due_at, t.id
LIMIT 1 FOR UPDATE OF t SKIP LOCKED
ON CONFLICT (ticket_id) DO UPDATE SET
  person_id = excluded.person_id,
  since = CASE WHEN held.person_id = excluded.person_id AND held.lease_until > statement_timestamp()
    THEN held.since ELSE excluded.since END,
  note = CASE WHEN held.person_id = excluded.person_id THEN held.note ELSE '' END,
  lease_until = GREATEST(excluded.lease_until,
    CASE WHEN held.person_id = excluded.person_id THEN held.lease_until ELSE excluded.lease_until END)
WHERE held.person_id = excluded.person_id OR held.lease_until <= statement_timestamp()
RETURNING ticket_id
"""
_KEEP = """
UPDATE reviews_ticketclaim c SET lease_until = GREATEST(
  c.lease_until, statement_timestamp() + make_interval(secs => %(lease)s))
FROM gateway_ticket t
WHERE t.id = c.ticket_id AND c.ticket_id = %(ticket)s AND c.person_id = %(person)s
  AND c.lease_until > statement_timestamp() AND t.state = 'waiting' RETURNING c.ticket_id
"""
_GIVE_BACK = """
UPDATE reviews_ticketclaim SET lease_until = statement_timestamp()
WHERE ticket_id = %(ticket)s AND person_id = %(person)s AND lease_until > statement_timestamp()
RETURNING ticket_id
"""


def take(person: User, ticket: Ticket, *, lease: float = LEASE) -> bool:
    """Whether the ticket is `person`'s now: it was free, or theirs already."""
    return _one(_CLAIM, {"person": person.pk, "ticket": ticket.pk, "lease": lease}) is not None


def take_next(person: User, *, lease: float = LEASE) -> Ticket | None:
    """The ticket that `person` holds, else the free one that is due first; None where there is none."""
    found = _one(_CLAIM, {"person": person.pk, "ticket": None, "lease": lease})
    return Ticket.objects.get(pk=found) if found else None


def keep(person: User, ticket: Ticket, *, lease: float = LEASE) -> bool:
    """A page's sign of life. False where the ticket is no longer `person`'s."""
    return _one(_KEEP, {"person": person.pk, "ticket": ticket.pk, "lease": lease}) is not None


def give_back(person: User, ticket: Ticket) -> bool:
    """Anybody may have it at once. False where it is not `person`'s."""
    return _one(_GIVE_BACK, {"person": person.pk, "ticket": ticket.pk}) is not None


def holder(ticket: Ticket) -> TicketClaim | None:
    """Whose it is now; None: nobody's."""
    claim = TicketClaim.objects.select_related("person").filter(ticket=ticket).first()
    return claim if claim and claim.holds else None


def _one(statement: str, values: Mapping[str, Any]) -> Any:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, dict(values))
        row = cursor.fetchone()
    return row[0] if row else None
