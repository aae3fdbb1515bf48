"""Up to five runs side by side; their cases as a matrix; one case with all answers."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core.pages import page_or_fragment, paginate
from aiops.datasets.models import Case
from aiops.evaluations import answers, compare, compare_export, judges, live, queries, statistics, summaries
from aiops.evaluations.compare_words import sentence
from aiops.evaluations.forms.compare import MatrixFilter, asked_too_many, number_in, run_ids
from aiops.evaluations.matrix import Matrix
from aiops.evaluations.models import Run
from aiops.evaluations.pairing import Table
from aiops.evaluations.summaries import Measured

ROWS = 30  # categories or locales before "show all"


@dataclass(frozen=True, slots=True)
class Asked:
    """The runs that the address names, in its order, and the base among them."""

    runs: list[Run]
    base: Run
    measured: list[Measured]
    scorer: str | None

    @property
    def table(self) -> Table | None:
        return compare.table_of(self.measured, self.base, self.scorer)[0]


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def compare_page(request: SignedInRequest) -> HttpResponse:
    asked = _asked(request)
    if asked is None:
        return _nothing(request)
    found = compare.compared(asked.measured, asked.base, asked.scorer)
    context = {
        **_of_the_runs(request, asked),
        "found": found,
        "live": live.of_table(found.table, asked.base) if found.table else None,
        "sentence": sentence(found.contenders, found.policy.min_cases) if found.scorer is not None else "",
        "distrusted": [] if found.scorer is None else judges.not_trusted(*asked.runs, scorer=found.scorer),
        "groups": _groups(found, everything="all" in request.GET),
        "margin": f"{100 * found.policy.margin:.1f}".removesuffix(".0"),
        "least": statistics.LEAST,
        "none_name": queries.NONE,
    }
    return render(request, "evaluations/compare.html", context)


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def matrix_page(request: SignedInRequest) -> HttpResponse:
    asked = _asked(request)
    table = asked.table if asked else None
    if asked is None or table is None:
        return _nothing(request, asked)
    form = MatrixFilter(request.GET)
    chosen = form.chosen()
    matrix = Matrix(table, chosen)
    context = {
        **_of_the_runs(request, asked),
        "form": form,
        "chosen": chosen,
        "matrix": matrix,
        "page": paginate(request, matrix),
        "table": table,
        "scorers": table.columns[0].scorers,
        "shared": compare.table_of(asked.measured, asked.base, None)[1],
        "categories": table.columns[0].categories,
        "locales": table.columns[0].locales,
        "none_name": queries.NONE,
    }
    return page_or_fragment(request, "evaluations/matrix.html", "evaluations/_matrix.html", context)


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def matrix_csv(request: SignedInRequest) -> HttpResponseBase:
    asked = _asked(request)
    table = asked.table if asked else None
    if asked is None or table is None:
        return _nothing(request, asked)
    return compare_export.matrix_csv(Matrix(table, MatrixFilter(request.GET).chosen()))


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def compare_csv(request: SignedInRequest) -> HttpResponseBase:
    asked = _asked(request)
    if asked is None:
        return _nothing(request)
    return compare_export.comparison_csv(compare.compared(asked.measured, asked.base, asked.scorer))


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def compare_case(request: SignedInRequest) -> HttpResponse:
    """What each of the runs answered to the case that the address names."""
    asked = _asked(request)
    table = asked.table if asked else None
    if asked is None or table is None:
        return _nothing(request, asked)
    matrix = Matrix(table, MatrixFilter(request.GET).chosen())
    asked_case = number_in(request.GET, "case") or 0
    shared = Case.objects.all() if matrix.holds(asked_case) else Case.objects.none()
    case = load(shared, pk=asked_case)
    before, after, place = matrix.beside(case.pk)
    context = {
        **_of_the_runs(request, asked),
        "case": case,
        "before": before,
        "after": after,
        "place": place,
        "count": len(matrix),
        "answers": answers.of(matrix, case, asked.base, compare.names_of(asked.runs)),
        "expected": answers.as_text(case.expected),
    }
    return render(request, "evaluations/compare_case.html", context)


def _asked(request: SignedInRequest) -> Asked | None:
    """None where the address names no run that there is."""
    ids = run_ids(request.GET)
    known = {run.pk: run for run in queries.runs().filter(pk__in=ids)}
    runs = [known[pk] for pk in ids if pk in known]
    if not runs:
        return None
    base = known.get(number_in(request.GET, "base") or 0, runs[0])
    return Asked(runs, base, summaries.measured(runs), request.GET.get("scorer"))


def _of_the_runs(request: SignedInRequest, asked: Asked) -> dict[str, Any]:
    return {
        "runs": asked.runs,
        "base": asked.base,
        "named": list(zip(asked.runs, compare.names_of(asked.runs), strict=True)),
        "too_many": asked_too_many(request.GET),
        "most": compare.MOST,
    }


def _nothing(request: SignedInRequest, asked: Asked | None = None) -> HttpResponse:
    """A page that says what is lacking: runs, or something that they share."""
    return render(request, "evaluations/compare_nothing.html", {"runs": asked.runs if asked else []})


def _groups(found: compare.Comparison, *, everything: bool) -> list[dict[str, Any]]:
    """Per category and per locale: the rows that are shown, and how many are not."""
    tables = (("category", "Category", found.by_category), ("locale", "Locale", found.by_locale))
    return [
        {
            "kind": kind,
            "title": title,
            "rows": rows if everything else rows[:ROWS],
            "more": 0 if everything else max(0, len(rows) - ROWS),
        }
        for kind, title, rows in tables
        if rows
    ]
