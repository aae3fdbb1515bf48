"""Cases: the list with its filters, one case with its history, and what may be done to it."""

from itertools import zip_longest
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError, Conflict, InvalidInput
from aiops.core.pages import page_or_fragment, paginate
from aiops.datasets import actions, coverage, differences, queries
from aiops.datasets.forms import CaseForm, initial_of
from aiops.datasets.models import Case, Dataset
from aiops.datasets.queries import CaseFilter, Counted
from aiops.datasets.views.frame import find, framed, version_of

MAX_OPTIONS = 300  # of a filter
MAX_HISTORY = 50


@requires(Permission.DATASETS_VIEW)
@require_GET
def case_list(request: SignedInRequest, name: str) -> HttpResponse:
    dataset = find(name)
    version = version_of(request, dataset)
    number, cells = (
        (version.number, version.coverage) if version else (dataset.draft_number, dataset.coverage)
    )
    asked = _filter(request)
    rows = queries.filtered(queries.in_version(dataset, number), asked)
    context = framed(
        dataset,
        "cases",
        version=version,
        page=paginate(request, Counted(rows, asked.count(cells))),
        filter=asked,
        categories=coverage.names(cells, 0)[:MAX_OPTIONS],
        locales=coverage.names(cells, 1)[:MAX_OPTIONS],
        none=queries.NONE,
        stands=coverage.size_in_words((version or dataset).case_count),
    )
    return page_or_fragment(request, "datasets/cases.html", "datasets/_cases.html", context)


@requires(Permission.DATASETS_VIEW)
@require_GET
def case_page(request: SignedInRequest, name: str) -> HttpResponse:
    dataset = find(name)
    rows = list(queries.history(dataset, request.GET.get("id", ""))[: MAX_HISTORY + 1])
    if not rows:
        raise Http404(f"{dataset.name} has no case with this id.")
    version = version_of(request, dataset)
    case = _in_version(rows, version.number) if version else rows[0]
    context = framed(
        dataset,
        "cases",
        version=version,
        case=case,
        live=rows[0] if rows[0].until is None else None,
        expected=differences.as_text(case.expected),
        checks=differences.as_text(case.checks or None),
        metadata=differences.as_text(case.metadata or None),
        history=_history(rows),
    )
    return render(request, "datasets/case.html", context)


@requires(Permission.DATASETS_EDIT)
@require_http_methods(["GET", "POST"])
def new_case(request: SignedInRequest, name: str) -> HttpResponse:
    dataset = find(name)
    form = CaseForm(request.POST or None, variables=queries.variables(dataset) or ["input"], with_id=True)
    if request.method == "POST" and form.is_valid():
        try:
            case = actions.add_case(by=request.user, dataset=dataset, values=form.values())
        except AiopsError as error:
            _tell(form, error)
        else:
            toasts.success(request, f"The case {case} is added.")
            return redirect(_address("case", dataset, case.key))
    return _form_page(request, dataset, form)


@requires(Permission.DATASETS_EDIT)
@require_http_methods(["GET", "POST"])
def edit_case(request: SignedInRequest, name: str, row: int) -> HttpResponse:
    dataset = find(name)
    case = load(dataset.cases.select_related("dataset", "created_by"), pk=row)
    form = CaseForm(
        request.POST or None, initial=initial_of(case), variables=sorted(case.inputs), with_id=False
    )
    meanwhile: Case | None = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_case(by=request.user, case=case, values=form.values(case))
        except AiopsError as error:
            _tell(form, error)
            meanwhile = queries.history(dataset, case.key).first() if isinstance(error, Conflict) else None
        else:
            toasts.success(request, f"The case {case} is saved.")
            return redirect(_address("case", dataset, case.key))
    return _form_page(request, dataset, form, case, meanwhile)


@requires(Permission.DATASETS_EDIT)
@require_POST
def remove_case(request: SignedInRequest, name: str, row: int) -> HttpResponse:
    dataset = find(name)
    case = load(dataset.cases.select_related("dataset"), pk=row)
    try:
        actions.remove_case(by=request.user, case=case)
    except AiopsError as error:
        toasts.error(request, str(error))
        return redirect(_address("case", dataset, case.key))
    undo = _address("case-restore", dataset, case.key)
    toasts.success(request, f"The case {case} is removed from the draft.", undo_url=undo)
    return redirect("datasets:cases", dataset.name)


@requires(Permission.DATASETS_EDIT)
@require_POST
def restore_case(request: SignedInRequest, name: str) -> HttpResponse:
    dataset = find(name)
    key = request.GET.get("id", "")
    try:
        actions.restore_case(by=request.user, dataset=dataset, key=key)
    except AiopsError as error:
        toasts.error(request, str(error))
        return redirect("datasets:cases", dataset.name)
    toasts.success(request, f"The case {key} is back.")
    return redirect(_address("case", dataset, key))


@requires(Permission.DATASETS_EDIT)
@require_POST
def toggle_must_pass(request: SignedInRequest, name: str, row: int) -> HttpResponse:
    dataset = find(name)
    case = load(dataset.cases.select_related("dataset"), pk=row)
    values = {**actions.values_of(case), "must_pass": not case.must_pass}
    try:
        actions.edit_case(by=request.user, case=case, values=values)
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, f"{case} {'may fail again' if case.must_pass else 'must pass now'}.")
    return redirect(_address("case", dataset, case.key))


def _filter(request: SignedInRequest) -> CaseFilter:
    asked = {
        name: request.GET.get(name, "").strip().replace("\x00", "")
        for name in ("category", "locale", "tag", "text")
    }
    return CaseFilter(**asked, must_pass=request.GET.get("must_pass") == "1")


def _in_version(rows: list[Case], number: int) -> Case:
    """The row that a version holds; the newest where it holds none."""
    held = (row for row in rows if row.since <= number and (row.until is None or row.until > number))
    return next(held, rows[0])


def _history(rows: list[Case]) -> list[dict[str, Any]]:
    """What happened to a case, newest first. An edit closes a row and adds the next in the same moment."""
    events: list[dict[str, Any]] = []
    newer: Case | None = None
    for row, older in zip_longest(rows, rows[1:]):
        if row.until is not None and not (newer and newer.created_at == row.closed_at):
            events.append({"kind": "removed", "at": row.closed_at, "by": row.closed_by, "draft": row.until})
        edited = older is not None and older.closed_at == row.created_at
        kind = "edited" if edited else ("restored" if older else "added")
        fields = differences.fields_changed(older, row) if older else []
        events.append(
            {"kind": kind, "at": row.created_at, "by": row.created_by, "draft": row.since, "fields": fields}
        )
        newer = row
    return events[:MAX_HISTORY]


def _tell(form: CaseForm, error: AiopsError) -> None:
    problems = error.problems if isinstance(error, InvalidInput) else ()
    for text in [problem.message for problem in problems] or [str(error)]:
        form.add_error(None, f"{text[:1].upper()}{text[1:]}")


def _form_page(
    request: SignedInRequest,
    dataset: Dataset,
    form: CaseForm,
    case: Case | None = None,
    meanwhile: Case | None = None,
) -> HttpResponse:
    context = framed(
        dataset,
        "cases",
        form=form,
        case=case,
        meanwhile=meanwhile,
        theirs=differences.fields_changed(case, meanwhile) if case and meanwhile else [],
        categories=coverage.names(dataset.coverage, 0)[:MAX_OPTIONS],
        locales=coverage.names(dataset.coverage, 1)[:MAX_OPTIONS],
    )
    return render(request, "datasets/case_form.html", context, status=422 if form.errors else 200)


def _address(page: str, dataset: Dataset, key: str) -> str:
    return f"{reverse(f'datasets:{page}', args=[dataset.name])}?{urlencode({'id': key})}"
