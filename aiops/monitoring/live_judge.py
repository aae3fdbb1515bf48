"""Which calls the live judge of a feature is asked about: a share of the answered ones, by their ids alone.

So a call is in or out for ever, in every worker, and however often somebody looks. What people are to grade
is judged as well, or grades could not be held against the judge; that says nothing of how many calls pass.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from aiops.core import clock, sticky
from aiops.evaluations.judges import digest_of
from aiops.evaluations.judging import Seat, seats_of
from aiops.evaluations.scorers.judge import TYPE
from aiops.evaluations.scorers.judge_rubric import FRAME
from aiops.gateway.models import Call, Outcome
from aiops.reviews.models import JudgedCall, JudgeWatch, ReviewItem, SamplingPolicy

LAG = timedelta(seconds=30)  # records come in batches, not in the order of time
OVERLAP = timedelta(minutes=15)  # looked at again for what came late
STEP = timedelta(hours=6)  # looked at in one go, after a long silence
KEPT = timedelta(days=3)  # a call that waits longer is not asked about any more
GRADED_SINCE = timedelta(days=7)
_FACTS = (
    "tenant", "locale", "category", "approach_name", "version_id", "version_number", "model", "arm",
)  # fmt: skip  # short names, packed: they would fill the page


def policies() -> QuerySet[SamplingPolicy]:
    """Those with a live judge that has something to do."""
    rows = SamplingPolicy.objects.filter(judge_version__isnull=False, judge_share__gt=0)
    related = ("feature", "judge_version__prompt", "judge_model__provider", "judge_price")
    return rows.select_related(*related).order_by("pk")


def entry_of(policy: SamplingPolicy) -> dict[str, Any]:
    """The pinned judge of `policy` as a run's scorers would name it, without a reference: there is none."""
    version, model, price = policy.judge_version, policy.judge_model, policy.judge_price
    if version is None or model is None or price is None:
        raise ValueError(f"{policy} has no live judge")
    return {
        "name": "live judge", "type": TYPE, "prompt": version.prompt.name, "version": version.pk,
        "version_number": version.number, "sha256": version.sha256, "model": model.pk,
        "model_name": model.name, "price": price.pk, "provider": model.provider_id, "scale": policy.scale,
        "pass_at": 4, "reference": False, "repeats": policy.judge_repeats, "frame": FRAME,
    }  # fmt: skip  # pairs, read as a table


def seat_of(entry: Mapping[str, Any]) -> Seat:
    (seat,) = seats_of([entry])
    return seat


def choose(policy: SamplingPolicy, watch: JudgeWatch) -> datetime:
    """Write down the calls to be judged, each once; until when has been looked now."""
    now = clock.now()
    until = min(now - LAG, watch.seen_until + STEP)
    answered = Call.objects.filter(feature=policy.feature.slug, outcome=Outcome.ANSWERED)
    spoken = answered.filter(output__isnull=False).exclude(inputs=None, messages=None)
    between = spoken.filter(at__gt=watch.seen_until - OVERLAP, at__lte=until)
    ids = between.order_by("at").values_list("at", "id").iterator(chunk_size=5000)
    chosen = [(at, call) for at, call in ids if chosen_by(policy, call)]
    digest = digest_of(entry_of(policy))
    for part in _parts(chosen, 500):
        _write(policy, digest, part, is_random=True)
    _write(policy, digest, _of_people(policy, digest, now), is_random=False)
    return max(until, watch.seen_until)


def chosen_by(policy: SamplingPolicy, call_id: str) -> bool:
    share = Decimal(str(round(policy.judge_share * 100, 2)))
    return sticky.enabled(f"live judge {policy.feature_id}", call_id, share)


def _of_people(policy: SamplingPolicy, digest: str, now: datetime) -> list[tuple[datetime, str]]:
    """Calls that people are to grade and that no share has chosen."""
    judged = JudgedCall.objects.filter(call_id=OuterRef("source_id"), digest=digest)
    items = ReviewItem.objects.filter(
        ~Exists(judged),
        feature=policy.feature,
        source=ReviewItem.Source.CALL,
        round=None,
        source_at__gt=now - KEPT,
        created_at__gt=now - GRADED_SINCE,
    )
    return list(items.order_by("id").values_list("source_at", "source_id").distinct()[:500])


def _write(
    policy: SamplingPolicy, digest: str, chosen: list[tuple[datetime, str]], *, is_random: bool
) -> None:
    found = _calls(chosen).filter(feature=policy.feature.slug)
    rows = [
        JudgedCall(
            feature=policy.feature,
            call_id=row["id"],
            at=row["at"],
            routed=_routed(row["spans"]),
            judge_version=policy.judge_version,
            judge_model=policy.judge_model,
            digest=digest,
            probability=policy.judge_share,
            is_random=is_random,
            **{name: row[name] for name in _FACTS},
        )
        for row in found.values("id", "at", "spans", *_FACTS)
    ]
    JudgedCall.objects.bulk_create(rows, ignore_conflicts=True)


def _calls(keys: Iterable[tuple[datetime, str]]) -> QuerySet[Call]:
    """The calls of these moments and ids, in one question that finds their partitions."""
    named = list(keys)
    if not named:
        return Call.objects.none()
    moments = [at for at, _ in named]
    ids = [call for _, call in named]
    return Call.objects.filter(at__gte=min(moments), at__lte=max(moments), id__in=ids)


def texts(rows: Iterable[JudgedCall]) -> dict[str, Call]:
    """By id the calls that are to be judged, with their texts."""
    return {call.id: call for call in _calls((row.at, row.call_id) for row in rows)}


def waiting(policy: SamplingPolicy, digest: str) -> QuerySet[JudgedCall]:
    """What this judge is still to be asked about, the oldest first."""
    rows = JudgedCall.objects.filter(feature=policy.feature, digest=digest, state=JudgedCall.State.WAITING)
    return rows.order_by("at", "id")


def give_up(policy: SamplingPolicy, digest: str) -> int:
    """Calls that waited too long, or for a judge that is no longer asked, are marked as missed."""
    now = clock.now()
    late = Q(at__lt=now - KEPT) | ~Q(digest=digest)
    rows = JudgedCall.objects.filter(late, feature=policy.feature, state=JudgedCall.State.WAITING)
    why = "The judge was not asked in time, or another took its place."
    return rows.update(state=JudgedCall.State.MISSED, reason=why, judged_at=now)


def _routed(spans: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a trained router or a rule chose the model."""
    return any(span.get("stage") == "router" and bool(span.get("facts", {}).get("why")) for span in spans)


def _parts(rows: list[tuple[datetime, str]], size: int) -> Iterator[list[tuple[datetime, str]]]:
    for begin in range(0, len(rows), size):
        yield rows[begin : begin + size]
