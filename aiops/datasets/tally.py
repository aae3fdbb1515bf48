"""Counts the draft of a dataset again after a write, so that lists and filters need not."""

from django.db import connection
from django.db.models import Count, F

from aiops.datasets import queries
from aiops.datasets.models import Dataset

_UNFROZEN = """
SELECT count(*) FROM
    (SELECT key, digest FROM datasets_case
     WHERE dataset_id = %(dataset)s AND since = %(draft)s AND until IS NULL) made
    FULL JOIN
    (SELECT key, digest FROM datasets_case
     WHERE dataset_id = %(dataset)s AND until = %(draft)s AND since < %(draft)s) gone USING (key)
WHERE made.digest IS DISTINCT FROM gone.digest
"""


def recount(dataset: Dataset) -> None:
    """Set and save what `dataset` remembers of its draft. The caller holds its row."""
    cells = queries.draft_cases(dataset).order_by("category", "locale").values_list("category", "locale")
    dataset.coverage = [[*cell] for cell in cells.annotate(cases=Count("id"))]
    dataset.case_count = sum(cell[2] for cell in dataset.coverage)
    dataset.category_count = len({cell[0] for cell in dataset.coverage if cell[0]})
    dataset.locale_count = len({cell[1] for cell in dataset.coverage if cell[1]})
    dataset.unfrozen_count = _unfrozen(dataset)
    Dataset.objects.filter(pk=dataset.pk).update(
        coverage=dataset.coverage,
        case_count=dataset.case_count,
        category_count=dataset.category_count,
        locale_count=dataset.locale_count,
        unfrozen_count=dataset.unfrozen_count,
        revision=F("revision") + 1,
    )
    dataset.revision += 1


def _unfrozen(dataset: Dataset) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_UNFROZEN, {"dataset": dataset.pk, "draft": dataset.draft_number})
        return int(cursor.fetchone()[0])
