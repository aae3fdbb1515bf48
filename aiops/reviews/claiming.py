"""Who grades what now. One statement gives a seat to a person, so that no two people get the same one.

A claim is a lease: it ends by itself where its page is gone, and the same statement that gives out free seats
gives out those. Whoever still shows a seat that was given on holds an old token, and writes nothing. Of a
person's own seats the one that is held already comes first: a page that is loaded again shows the same item.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from aiops.accounts.models import User
from aiops.reviews.models import Seat

LEASE = 300  # seconds
HEARTBEAT = 60  # seconds between two signs of life of a page

# A seat for whoever is not at the item already, did not skip it, and reads its language. `%(feature)s` and
# `%(item)s` narrow it, null: any.
_OPEN = """
  FROM reviews_seat s JOIN reviews_reviewitem i ON i.id = s.item_id
  WHERE (s.state = 'free' OR s.state = 'claimed' AND s.lease_until < statement_timestamp())
    AND (%(feature)s::bigint IS NULL OR s.feature_id = %(feature)s)
    AND (%(item)s::bigint IS NULL OR s.item_id = %(item)s)
    AND (s.language = '' OR s.language = ANY (%(languages)s))
    AND i.state IN ('open', 'adjudicate') AND i.output IS NOT NULL
    AND NOT EXISTS (SELECT FROM reviews_seat other WHERE other.item_id = s.item_id
                    AND other.reviewer_id = %(reviewer)s AND other.id <> s.id)
    AND NOT EXISTS (SELECT FROM reviews_skip k WHERE k.item_id = s.item_id
                    AND k.reviewer_id = %(reviewer)s AND k.cleared_at IS NULL)
"""
# A seat that is kept for somebody is for nobody else, unless they can no longer have it: they came to the
# item by another seat at the same moment, skipped it, or left. In a round everybody's seat stays theirs.
_ANYBODYS = """
    AND (s.reserved_for_id IS NULL OR i.round_id IS NULL AND (
      EXISTS (SELECT FROM reviews_seat theirs WHERE theirs.item_id = s.item_id
              AND theirs.reviewer_id = s.reserved_for_id AND theirs.id <> s.id)
      OR EXISTS (SELECT FROM reviews_skip k WHERE k.item_id = s.item_id
                 AND k.reviewer_id = s.reserved_for_id AND k.cleared_at IS NULL)
      OR EXISTS (SELECT FROM accounts_user gone WHERE gone.id = s.reserved_for_id AND NOT gone.is_active)))
"""
_CLAIM = f"""
WITH held AS (
  SELECT s.id FROM reviews_seat s JOIN reviews_reviewitem i ON i.id = s.item_id
  WHERE s.reviewer_id = %(reviewer)s AND s.state = 'claimed' AND i.state IN ('open', 'adjudicate')
    AND (%(feature)s::bigint IS NULL OR s.feature_id = %(feature)s)
    AND (%(item)s::bigint IS NULL OR s.item_id = %(item)s)
  ORDER BY s.claimed_at LIMIT 1 FOR UPDATE OF s
), reserved AS (
  SELECT s.id {_OPEN} AND s.reserved_for_id = %(reviewer)s AND s.state <> 'graded'
  ORDER BY s.rank, s.id LIMIT 1 FOR UPDATE OF s SKIP LOCKED
), any_other AS (
  SELECT s.id {_OPEN} {_ANYBODYS} AND s.state <> 'graded'
  ORDER BY s.rank, s.id LIMIT 1 FOR UPDATE OF s SKIP LOCKED
), one AS (
  SELECT id FROM held UNION ALL SELECT id FROM reserved UNION ALL SELECT id FROM any_other LIMIT 1
)
UPDATE reviews_seat AS seat SET
  state = 'claimed',
  token = CASE WHEN seat.reviewer_id = %(reviewer)s THEN seat.token ELSE gen_random_uuid() END,
  claimed_at = CASE WHEN seat.reviewer_id = %(reviewer)s THEN seat.claimed_at ELSE statement_timestamp() END,
  reviewer_id = %(reviewer)s,
  lease_until = statement_timestamp() + make_interval(secs => %(lease)s)
FROM one WHERE seat.id = one.id
RETURNING seat.id
"""  # noqa: S608 - our own text alone
_KEEP = """
UPDATE reviews_seat SET lease_until = statement_timestamp() + make_interval(secs => %(lease)s)
WHERE id = %(seat)s AND token = %(token)s AND state = 'claimed' RETURNING lease_until
"""
_GIVE_BACK = """
UPDATE reviews_seat
SET state = 'free', reviewer_id = NULL, token = NULL, claimed_at = NULL, lease_until = NULL
WHERE id = %(seat)s AND token = %(token)s AND state = 'claimed' RETURNING id
"""


def claim_next(
    reviewer: User, *, feature_id: int | None = None, item_id: int | None = None, lease: float = LEASE
) -> Seat | None:
    """The seat that `reviewer` holds, else the next one for them, now held for `lease` seconds; or None.

    With its item, the item's feature and guideline. First what they hold, then what is reserved for them.
    """
    asked = {
        "reviewer": reviewer.pk,
        "languages": list(reviewer.languages),
        "feature": feature_id,
        "item": item_id,
        "lease": lease,
    }
    try:
        found = _one(_CLAIM, asked)
    except IntegrityError:  # two pages of the same person went for two seats of one item: this one is later
        found = _one(_CLAIM, asked)
    return Seat.objects.select_related("item__feature", "item__guideline").get(pk=found) if found else None


def keep(seat_id: int, token: uuid.UUID, *, lease: float = LEASE) -> datetime | None:
    """A page's sign of life: until when the seat is held now; None where it is no longer held by `token`."""
    until: datetime | None = _one(_KEEP, {"seat": seat_id, "token": token, "lease": lease})
    return until


def give_back(seat_id: int, token: uuid.UUID) -> bool:
    """The next one may have the seat at once: the page was left. False where `token` does not hold it."""
    return _one(_GIVE_BACK, {"seat": seat_id, "token": token}) is not None


def _one(statement: str, values: Mapping[str, Any]) -> Any:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, dict(values))
        row = cursor.fetchone()
    return row[0] if row else None
