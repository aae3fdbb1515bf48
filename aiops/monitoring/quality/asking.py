"""Calls that the golden set lacks: what users really ask, offered as cases. Nothing here writes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet

from aiops.core import clock
from aiops.datasets import queries as datasets
from aiops.datasets.models import Dataset
from aiops.evaluations import live
from aiops.evaluations.mix import Mix, Share
from aiops.features.models import Feature
from aiops.gateway.models import Call, Outcome
from aiops.reviews.queries.cases import golden_set

LOOKED_AT = 400  # the newest calls of a group
MOST = 10  # cases at a time


@dataclass(frozen=True, slots=True)
class Lacks:
    """A golden set beside the live calls; `dataset` None: the feature has none."""

    dataset: Dataset | None
    mix: Mix | None

    @property
    def gaps(self) -> tuple[Share, ...]:
        return self.mix.named_gaps if self.mix and self.mix.enough else ()


def lacks(feature: Feature) -> Lacks:
    dataset = golden_set(feature)
    return Lacks(dataset, live.before(feature, dataset) if dataset else None)


def case_key(call: Call) -> str:
    return call.id.replace("_", "-").lower()


def candidates(feature: Feature, dataset: Dataset | None, category: str, locale: str) -> Iterator[Call]:
    """Calls of the group that the draft does not have, the newest first; of equal inputs one."""
    known = set(datasets.draft_cases(dataset).values_list("key", flat=True)) if dataset else set()
    seen: set[str] = set()
    for call in _of_group(feature, category, locale)[:LOOKED_AT]:
        asked = str(call.inputs)
        if asked not in seen and case_key(call) not in known:
            seen.add(asked)
            yield call


def _of_group(feature: Feature, category: str, locale: str) -> QuerySet[Call]:
    since = clock.now() - timedelta(days=live.DAYS)
    rows = Call.objects.filter(feature=feature.slug, at__gte=since, inputs__isnull=False)
    rows = rows.exclude(inputs={}).exclude(outcome=Outcome.REFUSED)
    if category:
        rows = rows.filter(category=category)
    if locale:
        rows = rows.filter(Q(locale=locale) | Q(locale__startswith=f"{locale}-"))
    return rows.order_by("-at")
