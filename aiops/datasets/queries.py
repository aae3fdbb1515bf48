"""Questions about datasets. A draft is asked for like a version: by the dataset's `draft_number`."""

from django.db.models import Q, QuerySet

from aiops.datasets.models import Case, Dataset, DatasetVersion


def in_version(dataset: Dataset, number: int) -> QuerySet[Case]:
    """The cases of version `number` of `dataset`, or of its draft, in the order of the file."""
    rows = dataset.cases.order_by("position", "id")
    if number >= dataset.draft_number:
        return rows.filter(until=None)
    return rows.filter(Q(until=None) | Q(until__gt=number), since__lte=number)


def cases_of(version: DatasetVersion) -> QuerySet[Case]:
    """The cases that `version` froze."""
    rows = Case.objects.filter(dataset=version.dataset_id, since__lte=version.number)
    return rows.filter(Q(until=None) | Q(until__gt=version.number)).order_by("position", "id")


def draft_cases(dataset: Dataset) -> QuerySet[Case]:
    """The cases as they are now."""
    return Case.objects.filter(dataset=dataset, until=None).order_by("position", "id")


def last_version(dataset: Dataset) -> DatasetVersion | None:
    return dataset.versions.order_by("-number").first()


def history(dataset: Dataset, key: str) -> QuerySet[Case]:
    """Every row that the case `key` has had, newest first."""
    return dataset.cases.filter(key=key).select_related("created_by", "closed_by").order_by("-id")
