"""Gold probes: outputs whose grade is known, put among the others, to see how well people grade."""

from django.db import transaction

from aiops.accounts.access import check
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.audit import actions as audit
from aiops.core.errors import Conflict, InvalidInput
from aiops.reviews import drawing
from aiops.reviews.models import CalibrationRound, Grade, ReviewItem, Seat
from aiops.reviews.settling import differ


@transaction.atomic
def add_probe(*, by: User, item: ReviewItem) -> ReviewItem:
    """Let what people settled of `item` be a known answer, that others get among their items now and then.

    Raises InvalidInput for an item that is no call's or result's own, that is not done, or that one person
    alone graded; Conflict where it is a probe already.
    """
    check(by, Permission.REVIEWS_LEAD)
    known = _settled(item)
    probes, _ = CalibrationRound.objects.get_or_create(
        feature=item.feature,
        kind=CalibrationRound.Kind.GOLD,
        defaults={"title": "Gold probes", "opened_by": by},
    )
    if ReviewItem.objects.filter(round=probes, source=item.source, source_id=item.source_id).exists():
        raise Conflict("That output is a gold probe already.")
    gold = {"raw": known.raw, "passed": known.passed, "reasons": known.reasons, "comment": known.comment}
    probe = drawing.copy(item, probes, gold=gold, seats=1, created_by=by)
    probe.save()
    audit.record(by=by, action="reviews.probe_added", on=probe, feature=item.feature.slug, after=gold)
    return probe


def _settled(item: ReviewItem) -> Grade:
    """The grade to go by: the third person's, or the newest of two who said the same."""
    if item.round_id is not None or item.state != ReviewItem.State.DONE or item.output is None:
        raise InvalidInput("Only an output that is done, and still stored, can become a gold probe.")
    grades = list(Grade.objects.filter(item=item).select_related("seat"))
    third = next((grade for grade in grades if grade.seat.role == Seat.Role.ADJUDICATE), None)
    if third is not None:
        return third
    if len(grades) < 2 or differ([grade.value for grade in grades]):
        raise InvalidInput(
            "One person alone graded that: a known answer takes two who agree, or a third one."
        )
    return grades[0]
