"""Frozen versions: the list with the freezing of the draft, one of them, and what differs between two."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import paginate
from aiops.datasets import actions, coverage
from aiops.datasets.differences import KINDS, Differing, VersionDifference
from aiops.datasets.forms import FreezeForm
from aiops.datasets.models import Dataset
from aiops.datasets.views.frame import find, framed

MAX_CHOICES = 200


@requires(Permission.DATASETS_VIEW)
@require_GET
def version_list(request: SignedInRequest, name: str) -> HttpResponse:
    dataset = find(name)
    page = paginate(request, dataset.versions.select_related("frozen_by").order_by("-number"))
    context = framed(
        dataset, "versions", page=page, form=FreezeForm(), stands=coverage.size_in_words(dataset.case_count)
    )
    return render(request, "datasets/versions.html", context)


@requires(Permission.DATASETS_VIEW)
@require_GET
def version_page(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    dataset = find(name)
    version = load(dataset.versions.select_related("frozen_by", "dataset"), number=number)
    before = dataset.versions.filter(number=number - 1).first()
    counts = VersionDifference(dataset, number - 1, number).counts() if before else None
    matrix = coverage.matrix(version.coverage)
    context = framed(dataset, "versions", version=version, before=before, counts=counts, matrix=matrix)
    return render(request, "datasets/version.html", context)


@requires(Permission.DATASETS_EDIT)
@require_POST
def freeze(request: SignedInRequest, name: str) -> HttpResponse:
    dataset = find(name)
    form = FreezeForm(request.POST)
    if not form.is_valid():
        toasts.error(request, "The note is longer than 500 characters.")
        return redirect("datasets:versions", dataset.name)
    draft = dataset.draft_number
    try:
        version = actions.freeze(by=request.user, dataset=dataset, note=form.cleaned_data["note"])
    except AiopsError as error:
        toasts.error(request, str(error))
        return redirect("datasets:versions", dataset.name)
    if version.number < draft:
        toasts.success(request, f"Nothing has changed since version {version.number}.")
    else:
        toasts.success(request, f"Version {version.number} is frozen: {version.case_count:,} cases.")
    return redirect("datasets:version", dataset.name, version.number)


@requires(Permission.DATASETS_VIEW)
@require_GET
def diff(request: SignedInRequest, name: str) -> HttpResponse:
    dataset = find(name)
    numbers = list(dataset.versions.order_by("-number").values_list("number", flat=True)[:MAX_CHOICES])
    older, newer = sorted((_number(request, "from", dataset, -1), _number(request, "to", dataset, 0)))
    difference = VersionDifference(dataset, older, newer)
    counts = difference.counts()
    kinds = [kind for kind in KINDS if kind == request.GET.get("kind")] or list(KINDS)
    page = paginate(request, Differing(difference, kinds, sum(counts[kind] for kind in kinds)))
    context = framed(
        dataset,
        "versions",
        page=page,
        counts=counts,
        kind=kinds[0] if len(kinds) == 1 else "",
        older=older,
        newer=newer,
        numbers=numbers,
    )
    return render(request, "datasets/diff.html", context)


def _number(request: HttpRequest, name: str, dataset: Dataset, otherwise: int) -> int:
    """A version's number of the address, where `draft` is one too; else counted from the draft."""
    asked = request.GET.get(name, "")
    if asked == "draft" or (not asked and not otherwise):
        return dataset.draft_number
    if not asked:
        return max(1, dataset.draft_number + otherwise)
    if not asked.isascii() or not asked.isdigit() or not 0 < int(asked[:9]) <= dataset.draft_number:
        raise Http404(f"{asked[:40]!r} is no version of {dataset.name}.")
    return int(asked)
