"""One person's grades: how fast they come, and where others saw it differently."""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from aiops.accounts.models import User
from aiops.core import clock
from aiops.reviews import agreement_words
from aiops.reviews.models import AgreementReport, Grade, ReviewItem, Seat
from aiops.reviews.pace import DAYS, Pace, pace


def pace_of(person: User) -> Pace:
    """The pace of four weeks, on days of the person's own zone."""
    rows = Grade.objects.filter(reviewer=person, at__gte=clock.now() - timedelta(days=DAYS))
    today = clock.now().astimezone(ZoneInfo(person.timezone)).date()
    return pace(rows.values_list("at", "seconds"), today=today, zone=person.timezone)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person agrees in one feature: a part of the feature's report, and when it was reckoned."""

    slug: str
    figures: dict[str, dict[str, object]]
    report: AgreementReport

    @property
    def said(self) -> str:
        """How they agree with others, in a sentence."""
        return agreement_words.sentence(self.figures["others"])


def standings(person: User) -> list[Standing]:
    """By feature, where the person graded within the reports' window."""
    found = []
    for report in AgreementReport.objects.select_related("feature").order_by("feature__slug"):
        own = report.figures["reviewers"].get(str(person.pk))
        if own:
            found.append(Standing(report.feature.slug, own, report))
    return found


TOLD_AFTER = timedelta(minutes=30)  # while a slip may be undone, nobody hears which item was a probe


class Otherwise:
    """Why an own grade stands among the disagreements."""

    DECIDED = "decided"
    GOLD = "gold"


def otherwise(person: User, kind: str = "") -> QuerySet[Grade]:
    """Grades of `person` that a third one decided differently, or that miss a probe; the newest first.

    Only what is settled, so that nothing is given away.
    """
    third = Grade.objects.filter(item=OuterRef("item"), seat__role=Seat.Role.ADJUDICATE)
    differs = Exists(third.exclude(passed=OuterRef("passed"))) | Exists(
        third.filter(Q(value__gte=OuterRef("value") + 0.5) | Q(value__lte=OuterRef("value") - 0.5))
    )
    decided = Q(differs, item__state=ReviewItem.State.DONE, item__round=None)
    missed = _missed() & Q(at__lt=clock.now() - TOLD_AFTER)
    wanted = {Otherwise.DECIDED: decided, Otherwise.GOLD: missed}.get(kind, decided | missed)
    rows = Grade.objects.filter(wanted, reviewer=person, seat__role=Seat.Role.GRADE)
    return rows.select_related("item__feature", "seat").order_by("-at", "-id")


def _missed() -> Q:
    return Q(item__gold__passed=True, passed=False) | Q(item__gold__passed=False, passed=True)


def deciding(grades: list[Grade]) -> dict[int, Grade]:
    """By item the third person's grade."""
    items = [grade.item_id for grade in grades]
    rows = Grade.objects.filter(item__in=items, seat__role=Seat.Role.ADJUDICATE).select_related("reviewer")
    return {grade.item_id: grade for grade in rows}


def latest(person: User, *, for_themselves: bool) -> QuerySet[Grade]:
    """What `person` said, the newest first; of what is still graded nobody else sees it."""
    rows = Grade.objects.filter(reviewer=person).select_related("item__feature")
    if not for_themselves:
        rows = rows.filter(item__state=ReviewItem.State.DONE)
    return rows.order_by("-at", "-id")
