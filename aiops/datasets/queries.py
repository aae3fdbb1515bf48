"""Questions about datasets. A draft is asked for like a version: by the dataset's `draft_number`."""

from dataclasses import dataclass

from django.contrib.postgres.search import SearchQueryField
from django.db.models import (
    BooleanField,
    CharField,
    F,
    Func,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Cast

from aiops.datasets import coverage, words
from aiops.datasets.models import Case, Dataset, DatasetVersion

NONE = "(none)"  # in a filter: cases without a category, without a locale


def datasets_listed(text: str = "", feature: str = "") -> QuerySet[Dataset, Dataset]:
    """Datasets with `frozen_at`, the time of the last version; each word of `text` in name or description."""
    newest = DatasetVersion.objects.filter(dataset=OuterRef("pk")).order_by("-number")
    rows = Dataset.objects.select_related("feature").defer("coverage", "scorers")
    rows = rows.annotate(frozen_at=Subquery(newest.values("frozen_at")[:1]))
    for word in text.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(description__icontains=word))
    return rows.filter(feature__slug=feature) if feature else rows


def in_version(dataset: Dataset, number: int) -> QuerySet[Case, Case]:
    """The cases of version `number` of `dataset`, or of its draft, in the order of the file."""
    rows = Case.objects.filter(dataset=dataset).order_by("position", "id")
    if number >= dataset.draft_number:
        return rows.filter(until=None)
    return rows.filter(Q(until=None) | Q(until__gt=number), since__lte=number)


def cases_of(version: DatasetVersion) -> QuerySet[Case, Case]:
    """The cases that `version` froze."""
    rows = Case.objects.filter(dataset=version.dataset_id, since__lte=version.number)
    return rows.filter(Q(until=None) | Q(until__gt=version.number)).order_by("position", "id")


def draft_cases(dataset: Dataset) -> QuerySet[Case, Case]:
    """The cases as they are now."""
    return Case.objects.filter(dataset=dataset, until=None).order_by("position", "id")


def last_version(dataset: Dataset) -> DatasetVersion | None:
    return dataset.versions.order_by("-number").first()


def history(dataset: Dataset, key: str) -> QuerySet[Case, Case]:
    """Every row that the case `key` has had, newest first."""
    return dataset.cases.filter(key=key).select_related("created_by", "closed_by").order_by("-id")


def variables(dataset: Dataset) -> list[str]:
    """The variables that the last cases have, in alphabetical order."""
    recent = draft_cases(dataset).order_by("-position", "-id").values_list("inputs", flat=True)[:3]
    return sorted({name for inputs in recent for name in inputs})


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a case list shows; empty fields mean all."""

    category: str = ""
    locale: str = ""
    tag: str = ""
    text: str = ""
    must_pass: bool = False

    def __bool__(self) -> bool:
        return self != CaseFilter()

    def count(self, cells: list[coverage.Cell]) -> int | None:
        """How many of the cases that `cells` count it shows; None where they cannot tell."""
        if self.tag or self.text or self.must_pass:
            return None
        category, locale = _meant(self.category), _meant(self.locale)
        return sum(
            int(cases)
            for c, loc, cases in cells
            if (not self.category or c == category) and (not self.locale or loc == locale)
        )


def filtered(rows: QuerySet[Case, Case], by: CaseFilter) -> QuerySet[Case, Case]:
    """Those of `rows` that `by` shows."""
    if by.category:
        rows = rows.filter(category=_meant(by.category))
    if by.locale:
        rows = rows.filter(locale=_meant(by.locale))
    if by.tag:
        rows = rows.filter(tags__contains=[by.tag])
    if by.must_pass:
        rows = rows.filter(must_pass=True)
    if by.text.strip():
        asked = words.query(by.text)
        rows = (
            rows.filter(_Matches(F("words"), Cast(Value(asked), SearchQueryField())))
            if asked
            else rows.none()
        )
    return rows


def listed(rows: QuerySet[Case, Case]) -> QuerySet[Case, Case]:
    """`rows` with `inputs_start` and `expected_start`, cut by the database: a case may have a megabyte."""
    return rows.only("key", "category", "locale", "tags", "must_pass", "position", "dataset_id").annotate(
        inputs_start=_Starts(F("inputs")), expected_start=_Start(F("expected"))
    )


class Counted:
    """Rows of which the number is known: a paginator then asks the database for a page only."""

    ordered = True

    def __init__(self, rows: QuerySet[Case, Case], count: int | None) -> None:
        self.rows = rows
        self.known = count

    def count(self) -> int:
        if self.known is None:
            self.known = self.rows.count()
        return self.known

    def __getitem__(self, part: slice) -> list[Case]:
        """A page in two steps: its beginnings are made for its rows alone, not for those before it too."""
        page = list(self._keys(part.start or 0, part.stop))
        return list(listed(Case.objects.filter(pk__in=page).order_by("position", "id")))

    def _keys(self, start: int, stop: int) -> QuerySet[Case, int]:
        """The page's primary keys; a page past the middle is counted from the end."""
        count = self.count()
        keys = self.rows.values_list("pk", flat=True)
        if start <= count // 2:
            return keys[start:stop]
        return keys.order_by("-position", "-id")[max(0, count - stop) : count - start]

    def __len__(self) -> int:
        return self.count()


class _Matches(Func):
    """tsvector @@ tsquery, with a query that is made already."""

    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    output_field = BooleanField()


class _Starts(Func):
    template = (
        "(SELECT jsonb_object_agg(each.key, left(each.value, 160))"
        " FROM jsonb_each_text(%(expressions)s) each)"
    )
    output_field = JSONField()


class _Start(Func):
    """The first of the accepted answers where there are several, since each alone is one."""

    template = (
        "CASE WHEN jsonb_typeof(%(expressions)s) = 'array' AND jsonb_typeof(%(expressions)s -> 0) = 'string'"
        " THEN left(%(expressions)s ->> 0, 160) ELSE left(%(expressions)s #>> '{}', 160) END"
    )
    output_field = CharField()


def _meant(name: str) -> str:
    return "" if name == NONE else name
