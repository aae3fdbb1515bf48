"""The administrator's page of embedders: what is in force, a change under way, and what became of others."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import paginate
from aiops.embeddings import actions, queries
from aiops.embeddings.models import Change, Use
from aiops.gateway.embedding_forms import EmbedderForm
from aiops.gateway.embedding_words import CONSEQUENCES, offers, rows
from aiops.gateway.reembedding.targets import TARGETS


@requires(Permission.CATALOG_VIEW)
@require_GET
def page(request: SignedInRequest) -> HttpResponse:
    found = rows()
    active = [one.change for one in found if one.change is not None and one.change.is_active]
    context = {
        "rows": found,
        "jobs": [_job(request, one) for one in active],
        "page": paginate(request, queries.changes()),
    }
    return render(request, "embeddings/page.html", context)


@requires(Permission.WORKSPACE_EDIT)
@require_http_methods(["GET", "POST"])
def change(request: SignedInRequest, use: str) -> HttpResponse:
    """Choose another embedder: what it would cost, and what it does to what was learnt."""
    target, before = TARGETS[use], queries.in_force(use)
    size, texts = target.size(), target.count()
    form = EmbedderForm(request.POST or None, offers=offers(size, texts), hashing=before is None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.start_change(by=request.user, use=use, wanted=form.wanted())
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            toasts.success(request, "A worker makes the vectors now. Searches go on meanwhile.")
            return redirect("embeddings:page")
    context = {
        "use": Use(use),
        "before": before,
        "form": form,
        "texts": texts,
        "size": size,
        "consequence": CONSEQUENCES[use],
    }
    return render(request, "embeddings/change.html", context, status=422 if form.errors else 200)


@requires(Permission.CATALOG_VIEW)
@require_GET
def progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """The bar of a change; the whole page anew once it has ended."""
    row = load(queries.changes(), pk=pk)
    response = render(request, "_components/job.html", {"job": _job(request, row)})
    if not row.is_active:
        response["HX-Refresh"] = "true"
    return response


@requires(Permission.WORKSPACE_EDIT)
@require_POST
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    row = load(queries.changes(), pk=pk)
    try:
        actions.cancel_change(by=request.user, change=row)
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, "Stopped. What was in force stays.")
    return redirect("embeddings:page")


def _job(request: SignedInRequest, row: Change) -> dict[str, Any]:
    """What `_components/job.html` shows."""
    may_cancel = row.is_active and request.user.may(Permission.WORKSPACE_EDIT)
    return {
        "title": str(row),
        "done": row.done,
        "failed": 0,
        "total": row.total,
        "running": row.is_active,
        "spent": row.cost if request.user.may(Permission.SPEND_VIEW) else None,
        "poll_url": reverse("embeddings:progress", args=[row.pk]),
        "cancel_url": reverse("embeddings:cancel", args=[row.pk]) if may_cancel else "",
    }
