"""Named questions about calls. Every one is bounded in time, so that it reads few partitions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet, Sum, TextField
from django.db.models.functions import Cast

from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import AiopsError
from aiops.gateway.call_ids import time_of, valid
from aiops.gateway.models import INTERNAL_ARM, Call, Outcome, Rollup

PATIENCE = "4s"  # that a search may take, before it is told to look at less
HEAVY = ("attempts", "spans", "checks", "metadata", "messages", "passages", "error", "rejected")
TEXTS = ("inputs", "output")
# What was refused met no approach.
SERVED = (Outcome.ANSWERED, Outcome.CACHED, Outcome.DEGRADED, Outcome.QUEUED)


class TooMuch(AiopsError):
    """The search takes too long: look at a shorter time, or at one feature or tenant."""

    def __init__(self) -> None:
        super().__init__(str(self.__doc__))


@dataclass(frozen=True, slots=True)
class Slice:
    """One page of calls, newest first. `older` and `newer` are ids to go on from, "" at an end."""

    calls: list[Call]
    older: str = ""
    newer: str = ""


def calls(since: datetime, until: datetime | None = None, **equal: object) -> QuerySet[Call]:
    """Calls from `since` on and before `until`, newest first, whose columns are `equal` to these."""
    rows = Call.objects.filter(at__gte=since, **equal)
    return rows.filter(at__lt=until) if until else rows


def containing(rows: QuerySet[Call], text: str) -> QuerySet[Call]:
    """Calls whose inputs or output hold `text`, in any case of letters."""
    inputs = rows.annotate(inputs_text=Cast("inputs", TextField()))
    return inputs.filter(Q(output__icontains=text) | Q(inputs_text__icontains=text))


def page(
    rows: QuerySet[Call], *, before: str = "", after: str = "", size: int = 50, texts: bool = False
) -> Slice:
    """`size` calls older than the call `before`, or newer than `after`; else the newest. By (at, id).

    TooMuch where it takes longer than anybody waits.
    """
    ordered = rows.order_by("at", "id") if after else rows.order_by("-at", "-id")
    ordered = beyond(ordered, before=before, after=after).defer(*HEAVY, *(() if texts else TEXTS))
    found = _patiently(ordered[: size + 1])
    more, found = len(found) > size, found[:size]
    if after:
        found.reverse()
    if not found:
        return Slice([])
    is_older, is_newer = (True, more) if after else (more, bool(before))
    return Slice(found, found[-1].id if is_older else "", found[0].id if is_newer else "")


def beyond(rows: QuerySet[Call], *, before: str = "", after: str = "") -> QuerySet[Call]:
    """Calls on the far side of another one; the condition on `at` alone is what leaves partitions out."""
    if valid(before):
        at = moment(before)
        return rows.filter(pk__lt=(at, before), at__lte=at)
    if valid(after):
        at = moment(after)
        return rows.filter(pk__gt=(at, after), at__gte=at)
    return rows


def moment(call_id: str) -> datetime:
    """When the call began, to the millisecond, from its id."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=round(time_of(call_id) * 1000))


def live_mix(feature_slug: str, days: int = 28) -> Mapping[tuple[str, str], int]:
    """How many calls of each (category, locale) the feature served in these days; refused ones are left out.

    Of every tenant, and of the candidate's arm too. By the hour: the first day begins on a full one.
    """
    since = clock.now() - timedelta(days=days)
    rows = Rollup.objects.filter(feature=feature_slug, hour__gte=since, outcome__in=SERVED)
    counted = (
        rows.exclude(arm=INTERNAL_ARM).order_by().values_list("category", "locale").annotate(n=Sum("calls"))
    )
    return {(category, locale): n for category, locale, n in counted if n}


def by_id(text: str) -> QuerySet[Call]:
    """The call of that id, with or without `call_`, in any case of letters; none where it is no id."""
    call_id = f"call_{text.strip().upper().removeprefix('CALL_')}"
    if not valid(call_id):
        return Call.objects.none()
    return Call.objects.filter(at=moment(call_id), id=call_id)


def tries(by: Actor, lately: timedelta) -> int:
    """How many calls somebody has sent from the console."""
    rows = AuditEvent.objects.filter(actor_id=by.actor_id, action="gateway.tried")
    return rows.filter(at__gt=clock.now() - lately).count()


def excerpt(texts: Mapping[str, object] | None, most: int = 160) -> str:
    """The beginning of what was asked."""
    said = next((str(value) for value in (texts or {}).values() if value), "")
    return said if len(said) <= most else f"{said[: most - 1]}…"


def _patiently(rows: QuerySet[Call]) -> list[Call]:
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = '{PATIENCE}'")
            found = list(rows)
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = DEFAULT")
            return found
    except OperationalError as error:
        if "statement timeout" not in str(error):
            raise
        raise TooMuch from error
