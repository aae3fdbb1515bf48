"""Spend that passes no gateway, in the same hourly sums: what our own work pays vendors.

Such sums have the arm `internal`: pages of spend read them, pages about live calls leave them out.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from aiops.core import clock
from aiops.core.money import ZERO
from aiops.gateway.models import INTERNAL_ARM, Outcome
from aiops.gateway.storing import ROLL_UP
from aiops.providers.protocol import Usage
from aiops.tenants.models import INTERNAL

TOKENS = ("input", "cached_input", "cache_write", "output", "reasoning")
_NONE = Usage()
_ALIKE = ("purpose", "model", "answered", "lost")


@dataclass(frozen=True, slots=True)
class Bill:
    """Calls of our own to one model. USD: `unaccounted` is what they may have cost on top of `cost`.

    `purpose` is "embedding", "evaluation", "judge", "pairwise" or "playground". `lost`: their process died.
    """

    purpose: str
    model: str
    cost: Decimal = ZERO
    unaccounted: Decimal = ZERO
    usage: Usage = _NONE
    calls: int = 1
    answered: bool = True
    lost: bool = False


def add_up(feature: str, bills: Iterable[Bill], at: datetime | None = None) -> None:
    """Add `bills` to the sums of `feature` and the tenant `internal`, in the caller's transaction.

    Of this hour; the demo's past happened in that of `at`.
    """
    hour = (at or clock.now()).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for bill in bills:
        row = rows.setdefault(tuple(getattr(bill, name) for name in _ALIKE), _empty(hour, feature, bill))
        row["calls"] += bill.calls
        row["cost"] += bill.cost + bill.unaccounted
        row["unaccounted"] += bill.unaccounted
        for name in TOKENS:
            row[f"{name}_tokens"] += getattr(bill.usage, name)
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(ROLL_UP, [json.dumps(list(rows.values()), default=str)])


def _empty(hour: datetime, feature: str, bill: Bill) -> dict[str, Any]:
    words = ("category", "locale", "approach_name")
    counts = ("calls", *(f"{name}_tokens" for name in TOKENS), "overhead_ms")
    return {
        **dict.fromkeys(words, ""),
        **dict.fromkeys(counts, 0),
        "hour": hour.isoformat(),
        "tenant": INTERNAL,
        "feature": feature,
        "model": bill.model,
        "arm": INTERNAL_ARM,
        "outcome": (Outcome.ANSWERED if bill.answered else Outcome.REFUSED).value,
        "reason": "lost" if bill.lost else "",
        "served_by": bill.purpose,
        "cache": "off",
        "cost": ZERO,
        "unaccounted": ZERO,
        "latency": {},
    }
