"""What all pages of one dataset share: its row, tabs, and the version that the address names."""

from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse

from aiops.accounts.access import load
from aiops.datasets.models import Dataset, DatasetVersion


def find(name: str) -> Dataset:
    """The dataset, or a 404."""
    return load(Dataset.objects.select_related("feature"), name=name)


def version_of(request: HttpRequest, dataset: Dataset) -> DatasetVersion | None:
    """The version in `?version=`, None for the draft, a 404 for one that is not there."""
    asked = request.GET.get("version", "")
    if not asked or asked == "draft":
        return None
    if not asked.isascii() or not asked.isdigit() or len(asked) > 9:
        raise Http404(f"{asked[:40]!r} is no version of {dataset.name}.")
    return load(dataset.versions.select_related("frozen_by", "dataset"), number=int(asked))


def framed(dataset: Dataset, current: str, **context: Any) -> dict[str, Any]:
    """The context of a page of `dataset` whose tab is `current`; `version` may be in `context`."""
    version: DatasetVersion | None = context.get("version")
    query = f"?version={version.number}" if version else ""
    tabs = [
        ("Cases", _at("cases", dataset) + query, current == "cases", (version or dataset).case_count),
        ("Coverage", _at("coverage", dataset) + query, current == "coverage", None),
        ("Versions", _at("versions", dataset), current == "versions", dataset.draft_number - 1),
        ("Import", _at("import", dataset), current == "import", None),
        ("Settings", _at("settings", dataset), current == "settings", None),
    ]
    return {"dataset": dataset, "version": None, "tabs": tabs, **context}


def _at(page: str, dataset: Dataset) -> str:
    return reverse(f"datasets:{page}", args=[dataset.name])
