"""Outputs that somebody wants people to look at: calls they found, or what a run answered. No random draw."""

from collections.abc import Iterable, Sequence

from django.db import transaction

from aiops.accounts.access import check
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.audit import actions as audit
from aiops.core.errors import InvalidInput
from aiops.evaluations.models import Result, Run
from aiops.features.models import Feature
from aiops.gateway.models import Call
from aiops.reviews import making
from aiops.reviews.models import ReviewItem, Stratum
from aiops.reviews.sampling.chance import chance

MOST_CALLS = 200
MOST_RESULTS = 2_000
MOST_NOTE = 500  # characters


@transaction.atomic
def send_calls(*, by: User, calls: Sequence[Call], note: str = "") -> list[ReviewItem]:
    """Put calls, of any features, into the queue, without personal data; those that are there are left out.

    InvalidInput for none, for more than 200, or where not one of them has an output that is kept.
    """
    check(by, Permission.EVALUATIONS_RUN)
    check(by, Permission.CALLS_VIEW)
    if not 1 <= len(calls) <= MOST_CALLS:
        raise InvalidInput(f"Choose 1 to {MOST_CALLS} calls.")
    features = {row.slug: row for row in Feature.objects.filter(slug__in={call.feature for call in calls})}
    kept = [call for call in calls if call.output and call.feature in features]
    if not kept:
        raise InvalidInput("There is nothing to grade: no call has an output that is kept.")
    there = _there(ReviewItem.Source.CALL, (call.id for call in kept))
    makers = {
        slug: making.Maker.of(row, by=by, note=note[:MOST_NOTE].strip()) for slug, row in features.items()
    }
    new = [call for call in kept if call.id not in there]
    made = making.save(makers[call.feature].of_call(call, Stratum.BY_HAND) for call in new)
    _record(by, made, "reviews.calls_sent", note)
    return made


@transaction.atomic
def send_run(*, by: User, run: Run, most: int = MOST_RESULTS, note: str = "") -> list[ReviewItem]:
    """Put the answers of a run into the queue: all, or `most` of them by their ids alone, none twice.

    InvalidInput where nothing is left to send.
    """
    check(by, Permission.EVALUATIONS_RUN)
    if not 1 <= most <= MOST_RESULTS:
        raise InvalidInput(f"Send 1 to {MOST_RESULTS:,} results at once.")
    answered = Result.objects.filter(run=run, error_kind="").exclude(output="")
    ids = [str(pk) for pk in answered.values_list("pk", flat=True)]
    there = _there(ReviewItem.Source.RESULT, ids)
    left = sorted(set(ids) - there, key=lambda pk: chance(run.feature.slug, pk))[:most]
    if not left:
        raise InvalidInput(
            f"All answers of {run} are in review already." if ids else f"{run} has no answers."
        )
    maker = making.Maker.of(run.feature, by=by, note=note[:MOST_NOTE].strip())
    rows = Result.objects.select_related("case", "run__version", "run__model").in_bulk(
        [int(pk) for pk in left]
    )
    name = run.approach.name
    made = making.save(maker.of_result(rows[int(pk)], name) for pk in left)
    _record(by, made, "reviews.run_sent", note, run=run)
    return made


def _there(source: ReviewItem.Source, ids: Iterable[str]) -> set[str]:
    rows = ReviewItem.objects.filter(source=source, source_id__in=list(ids), round=None)
    return set(rows.values_list("source_id", flat=True))


def _record(by: User, made: Sequence[ReviewItem], action: str, note: str, run: Run | None = None) -> None:
    """One event for each feature; nothing new is nothing done."""
    for feature in {item.feature for item in made}:
        items = [item for item in made if item.feature == feature]
        after = {"items": len(items)} if run else {"calls": [item.source_id for item in items]}
        audit.record(
            by=by, action=action, on=run or items[0], feature=feature.slug, after=after, reason=note.strip()
        )
