"""Datasets as a whole: list, new, coverage, settings, export."""

import json

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from aiops.accounts.access import SignedInRequest, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import page_or_fragment, paginate
from aiops.datasets import actions, coverage, export, queries
from aiops.datasets.forms import DatasetForm, SettingsForm
from aiops.datasets.views.frame import find, framed, version_of


@requires(Permission.DATASETS_VIEW)
@require_GET
def dataset_list(request: SignedInRequest) -> HttpResponse:
    text, feature = request.GET.get("text", "").strip(), request.GET.get("feature", "")
    page = paginate(request, queries.datasets_listed(text, feature))
    context = {"page": page, "text": text, "feature": feature}
    return page_or_fragment(request, "datasets/list.html", "datasets/_table.html", context)


@requires(Permission.DATASETS_EDIT)
@require_http_methods(["GET", "POST"])
def new_dataset(request: SignedInRequest) -> HttpResponse:
    form = DatasetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            dataset = actions.create_dataset(by=request.user, **form.cleaned_data)
        except AiopsError as error:
            form.add_error("name", str(error))
        else:
            toasts.success(request, f"The dataset {dataset} is there. Next: its cases.")
            return redirect("datasets:import", dataset.name)
    return render(request, "datasets/new.html", {"form": form}, status=422 if form.errors else 200)


@requires(Permission.DATASETS_VIEW)
@require_GET
def coverage_page(request: SignedInRequest, name: str) -> HttpResponse:
    dataset = find(name)
    version = version_of(request, dataset)
    cells = (version or dataset).coverage
    context = framed(
        dataset,
        "coverage",
        version=version,
        matrix=coverage.matrix(cells),
        thin=coverage.THIN,
        sizes=coverage.SIZES,
        stands=coverage.size_in_words((version or dataset).case_count),
        none=queries.NONE,
    )
    return render(request, "datasets/coverage.html", context)


@requires(Permission.DATASETS_EDIT)
@require_http_methods(["GET", "POST"])
def settings_page(request: SignedInRequest, name: str) -> HttpResponse:
    dataset = find(name)
    now = {
        "feature": dataset.feature,
        "description": dataset.description,
        "scorers": json.dumps(dataset.scorers, ensure_ascii=False, indent=2) if dataset.scorers else "",
    }
    form = SettingsForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_settings(by=request.user, dataset=dataset, **form.cleaned_data)
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            toasts.success(request, f"The settings of {dataset} are saved.")
            return redirect("datasets:settings", dataset.name)
    context = framed(dataset, "settings", form=form)
    return render(request, "datasets/settings.html", context, status=422 if form.errors else 200)


@requires(Permission.DATASETS_VIEW)
@require_GET
def export_cases(request: SignedInRequest, name: str) -> HttpResponseBase:
    dataset = find(name)
    version = version_of(request, dataset)
    form = "csv" if request.GET.get("format") == "csv" else "jsonl"
    rows = queries.in_version(dataset, version.number if version else dataset.draft_number)
    response = StreamingHttpResponse(export.dump(rows, form), content_type=export.FORMATS[form])
    ending = f"v{version.number}" if version else "draft"
    response["Content-Disposition"] = f'attachment; filename="{dataset.name}-{ending}.{form}"'
    return response
