"""Datasets, their cases and frozen versions."""

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db.models import Value
from django.db.models.functions import Cast

from aiops.datasets import tally
from aiops.datasets.content import digest
from aiops.datasets.models import Case, Dataset, DatasetVersion, Upload
from aiops.datasets.preview import preview
from aiops.datasets.words import lexemes, vector
from tests.factories.numbers import number
from tests.factories.people import make_user


def make_dataset(**values: Any) -> Dataset:
    return Dataset.objects.create(**{"name": f"dataset-{number()}", **values})


def make_case(**values: Any) -> Case:
    """A live case of the dataset's draft."""
    return make_cases(values.pop("dataset", None) or make_dataset(), [values])[0]


def make_cases(dataset: Dataset, cases: Iterable[dict[str, Any]]) -> list[Case]:
    """Live cases of the dataset's draft, in one go: each of `cases` has the values of one."""
    made = Case.objects.bulk_create(_case(dataset, values) for values in cases)
    tally.recount(dataset)
    return made


def _case(dataset: Dataset, values: dict[str, Any]) -> Case:
    n = number()
    case = Case(
        **{
            "dataset": dataset,
            "key": f"case-{n}",
            "since": dataset.draft_number,
            "position": n,
            "inputs": {"ticket": f"My order {n} is late."},
            "expected": "late",
            "category": "delivery",
            "locale": "en",
            **values,
        }
    )
    case.digest = digest(case.content.line())
    case.words = Cast(Value(vector(lexemes(case.content.texts()))), SearchVectorField())
    return case


def make_upload(**values: Any) -> Upload:
    """A file with one new case that waits for its confirmation."""
    dataset = values.pop("dataset", None) or make_dataset()
    content = b'{"id": "uploaded", "inputs": {"ticket": "Where is it?"}, "expected": "late"}\n'
    return Upload.objects.create(
        **{
            "dataset": dataset,
            "filename": "cases.jsonl",
            "format": "jsonl",
            "content": content,
            "revision": dataset.revision,
            "preview": preview(dataset, content, "jsonl", replace=False),
            "created_by": values.pop("created_by", None) or make_user(),
            **values,
        }
    )


def make_dataset_version(**values: Any) -> DatasetVersion:
    """A frozen version over the live cases of `dataset`; the draft moves on by one."""
    dataset = values.pop("dataset", None) or make_case().dataset
    version = DatasetVersion.objects.create(
        **{
            "dataset": dataset,
            "number": dataset.draft_number,
            "case_count": dataset.case_count,
            "coverage": dataset.coverage,
            "sha256": "0" * 64,
            **values,
        }
    )
    dataset.draft_number, dataset.unfrozen_count = version.number + 1, 0
    dataset.save(update_fields=["draft_number", "unfrozen_count"])
    return version
