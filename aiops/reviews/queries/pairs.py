"""What people say of two runs side by side. Nothing here writes."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from aiops.evaluations.pairwise_figures import Preferred
from aiops.reviews import sides
from aiops.reviews.models import CalibrationRound, Grade, Seat


def comparisons() -> QuerySet[CalibrationRound]:
    """The newest first, with `pairs`, `wanted` and `given` grades."""
    rows = CalibrationRound.objects.filter(kind=CalibrationRound.Kind.PAIRS)
    graded = Q(items__places__state=Seat.State.GRADED)
    counted = rows.annotate(
        pairs=Count("items", distinct=True),
        wanted=Count("items__places"),
        given=Count("items__places", filter=graded),
    )
    return counted.select_related("feature", "opened_by").order_by("-id")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`groups`: by category; `left`: of the decided grades, those that chose what stood left."""

    all: Preferred
    groups: dict[str, Preferred]
    left: int


def verdict(opened: CalibrationRound) -> Verdict:
    """Each grade counts once; ties decide nothing."""
    rows = list(Grade.objects.filter(item__round=opened).values_list("raw", "item__category", "seat__token"))
    groups = {category for _, category, _ in rows}
    by = {name: preferred(raw for raw, category, _ in rows if category == name) for name in sorted(groups)}
    left = sum(
        sides.position(raw, token) == sides.LEFT for raw, _, token in rows if token and raw != sides.TIE
    )
    return Verdict(preferred(raw for raw, _, _ in rows), by, left)


def preferred(raws: Iterable[int]) -> Preferred:
    said = Counter(raws)
    return Preferred(
        better=said[sides.CANDIDATE], worse=said[sides.BASELINE], ties=said[sides.TIE], changed=0, failed=0
    )
