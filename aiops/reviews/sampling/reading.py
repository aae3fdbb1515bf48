"""What the sampler reads of a feature: the calls of a batch, what was usual before, what was said since."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet, Sum

from aiops.gateway.call_ids import valid
from aiops.gateway.models import INTERNAL_ARM, Call, Feedback, Outcome, Rollup
from aiops.gateway.queries import moment
from aiops.reviews.models import JudgedCall
from aiops.reviews.sampling.strata import ENOUGH, Learnt, Seen, Usual

BEFORE = timedelta(days=28)
LATELY = 5_000  # calls
UPPER = 0.98  # quantile from which on a call is long, or dear
GIVEN = (Outcome.ANSWERED, Outcome.CACHED)  # what somebody was given as the model's answer
_SEEN = ("at", "id", "locale", "category", "arm", "output_tokens", "cost", "checks")
_BAD = Q(score=-1) | Q(complaint=True) | Q(outcome="rejected")


def eligible(feature: str) -> QuerySet[Call]:
    """Calls with an answer that is kept."""
    return Call.objects.filter(feature=feature, outcome__in=GIVEN, output__isnull=False).exclude(output="")


def seen(rows: QuerySet[Call]) -> list[Seen]:
    """What is needed to tell their strata, without their texts."""
    found = rows.values_list(*_SEEN).iterator(chunk_size=5_000)
    return [Seen(*row) for row in found]


def usual(feature: str, before: datetime) -> Usual:
    """What the feature's calls were like until `before`: the last thousands, and counts of four weeks."""
    last = eligible(feature).filter(at__lt=before, at__gte=before - BEFORE).order_by("-at")
    lately = list(last.values_list("output_tokens", "cost")[:LATELY])
    limits: dict[str, Any] = {}
    if len(lately) >= ENOUGH:
        limits = {
            "longest": _upper([one for one, _ in lately]),
            "dearest": _upper([one for _, one in lately]),
        }
    return Usual(
        locales=_counted(feature, "locale", before),
        categories=_counted(feature, "category", before),
        **limits,
    )


def learnt(feature: str, since: datetime, until: datetime, said: datetime) -> Learnt:
    """What was said before `said` of the calls of [since, until), and maybe of others."""
    remarks = Feedback.objects.filter(_BAD, at__gte=since, at__lt=said)
    verdicts = _verdicts(feature).filter(at__gte=since, at__lt=until, judged_at__lt=said)
    return _learnt(remarks, verdicts)


def learnt_late(
    feature: str, since: datetime, until: datetime, before: datetime
) -> tuple[list[Seen], Learnt]:
    """Calls from before `before` that something was said of in [since, until), with what it was."""
    remarks = Feedback.objects.filter(_BAD, at__gte=since, at__lt=until)
    verdicts = _verdicts(feature).filter(judged_at__gte=since, judged_at__lt=until, at__lt=before)
    found = _learnt(remarks, verdicts)
    named = {*found.thumbs_down, *found.judge_fail, *found.judge_unsure}
    keys = [(moment(call_id), call_id) for call_id in named if valid(call_id)]
    keys = [key for key in keys if before - BEFORE <= key[0] < before]
    calls = seen(eligible(feature).filter(pk__in=keys).order_by()) if keys else []
    return calls, found


def hours_counted(feature: str, since: datetime, until: datetime) -> int:
    """Answered calls of these whole hours."""
    rows = Rollup.objects.filter(feature=feature, hour__gte=since, hour__lt=until, outcome__in=GIVEN)
    return rows.exclude(arm=INTERNAL_ARM).aggregate(n=Sum("calls"))["n"] or 0


def _verdicts(feature: str) -> QuerySet[JudgedCall]:
    rows = JudgedCall.objects.filter(feature__slug=feature, state=JudgedCall.State.JUDGED)
    return rows.filter(Q(passed=False) | Q(unsure=True))


def _learnt(remarks: QuerySet[Feedback], verdicts: QuerySet[JudgedCall]) -> Learnt:
    said = list(verdicts.values_list("call_id", "passed", "unsure"))
    return Learnt(
        thumbs_down=set(remarks.values_list("call_id", flat=True)),
        judge_fail={call for call, passed, _ in said if not passed},
        judge_unsure={call for call, _, unsure in said if unsure},
    )


def _counted(feature: str, column: str, before: datetime) -> dict[str, int]:
    rows = Rollup.objects.filter(
        feature=feature, hour__gte=before - BEFORE, hour__lt=before, outcome__in=GIVEN
    )
    counted = rows.exclude(arm=INTERNAL_ARM).order_by().values_list(column).annotate(n=Sum("calls"))
    return dict(counted)


def _upper(values: Sequence[Any]) -> Any:
    """The value that one in fifty passes."""
    return sorted(values)[min(len(values) - 1, int(UPPER * len(values)))]
