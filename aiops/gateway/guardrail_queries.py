"""Named questions about what guardrails found. Nothing here writes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, Sum

from aiops.core import clock
from aiops.core.intervals import Interval, wilson
from aiops.gateway.guardrail_models import GuardrailFailure, GuardrailHour
from aiops.gateway.models import Call

DAYS = 7


@dataclass(frozen=True, slots=True)
class Rate:
    """Of `checked` answers, `failed` did not pass and nothing mended them; `first` did not pass at first."""

    checked: int = 0
    failed: int = 0
    mended: int = 0
    repaired: int = 0

    @property
    def first(self) -> int:
        return self.failed + self.mended + self.repaired

    @property
    def interval(self) -> Interval | None:
        """The share that failed at first, with Wilson's interval; None without answers."""
        return wilson(self.first, self.checked)


@dataclass(frozen=True, slots=True)
class Example:
    """A call whose answer did not pass, with its reason and the answer as the guardrail read it."""

    call: Call
    kind: GuardrailFailure.Kind
    reason: str
    output: str | None


def since(days: int = DAYS) -> datetime:
    """The full hour so many days ago."""
    return clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=days)


def rates(feature: str, days: int = DAYS) -> dict[tuple[str, bool], Rate]:
    """By guardrail, and whether it was enforced then."""
    rows = GuardrailHour.objects.filter(feature=feature, hour__gte=since(days)).order_by()
    names = ("checked", "failed", "mended", "repaired")
    summed = rows.values("guardrail", "enforced").annotate(*map(Sum, names))
    found = summed.values_list("guardrail", "enforced", *(f"{name}__sum" for name in names))
    return {(guardrail, enforced): Rate(*counts) for guardrail, enforced, *counts in found}


def examples(feature: str, guardrail: str, most: int = 10) -> list[Example]:
    """The last calls that did not pass. Each is looked up in its month's partition; two questions in all."""
    rows = GuardrailFailure.objects.filter(feature=feature, guardrail=guardrail, at__gte=since())[:most]
    kinds = {(row.at, row.call_id): GuardrailFailure.Kind(row.kind) for row in rows}
    if not kinds:
        return []
    wanted = Q(at__in=[at for at, _ in kinds]) & Q(id__in=[call_id for _, call_id in kinds])
    found = Call.objects.filter(wanted).only("at", "id", "tenant", "locale", "checks", "output", "rejected")
    return [
        _example(call, kinds[call.at, call.id], guardrail) for call in found if (call.at, call.id) in kinds
    ]


def _example(call: Call, kind: GuardrailFailure.Kind, guardrail: str) -> Example:
    reason = next((check["reason"] for check in call.checks if check["name"] == guardrail), "")
    released = kind in {GuardrailFailure.Kind.OBSERVED, GuardrailFailure.Kind.MENDED}
    return Example(call, kind, reason, call.output if released else call.rejected)
