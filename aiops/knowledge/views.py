"""What a feature knows: its documents, what is being loaded, and why a passage is found."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import asked, paginate
from aiops.embeddings import asking
from aiops.embeddings.models import Use
from aiops.embeddings.queries import in_force
from aiops.features.models import Feature
from aiops.features.tabs import tabs
from aiops.knowledge import actions, queries
from aiops.knowledge.forms import LoadForm
from aiops.knowledge.models import Document, Load
from aiops.knowledge.searching import Found, Near, search
from aiops.tenants.models import Tenant


@requires(Permission.KNOWLEDGE_VIEW)
@require_GET
def knowledge(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    return _page(request, feature, LoadForm())


@requires(Permission.KNOWLEDGE_EDIT)
@require_POST
def start(request: SignedInRequest, slug: str) -> HttpResponse:
    """Take the files, and let a worker load them."""
    feature = load(Feature.objects.all(), slug=slug)
    form = LoadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, feature, form, status=422)
    said = form.cleaned_data
    try:
        actions.start_load(
            by=request.user,
            feature=feature,
            name=said["source"],
            files=said["documents"],
            tenant=said["tenant"],
        )
    except AiopsError as error:
        form.add_error(None, str(error))
        return _page(request, feature, form, status=422)
    toasts.success(request, "A worker reads them now.")
    return redirect("knowledge:feature", slug=slug)


@requires(Permission.KNOWLEDGE_VIEW)
@require_GET
def progress(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """The bar of a load; the whole page anew once it has ended."""
    row = load(Load.objects.select_related("source"), source__feature__slug=slug, pk=pk)
    response = render(request, "_components/job.html", {"job": _job(request, slug, row)})
    if not row.is_active:
        response["HX-Refresh"] = "true"
    return response


@requires(Permission.KNOWLEDGE_EDIT)
@require_POST
def cancel(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    row = load(Load.objects.select_related("source__feature"), source__feature__slug=slug, pk=pk)
    try:
        actions.cancel_load(by=request.user, load=row)
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, "Stopped. What is loaded stays.")
    return redirect("knowledge:feature", slug=slug)


@requires(Permission.KNOWLEDGE_VIEW)
@require_GET
def document(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """One document: its versions, and the chunks of the one in force."""
    rows = Document.objects.select_related("source__feature", "source__tenant")
    row = load(rows, source__feature__slug=slug, pk=pk)
    versions = list(row.versions.defer("text")[:50])
    chunks = versions[0].chunks.defer("words", "embedding") if versions else []
    context = {
        "feature": row.source.feature,
        "document": row,
        "versions": versions,
        "page": paginate(request, chunks),
        "tabs": tabs(row.source.feature, "knowledge", request.user),
    }
    return render(request, "knowledge/document.html", context)


@requires(Permission.KNOWLEDGE_EDIT)
@require_POST
def remove(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    row = load(Document.objects.all(), source__feature__slug=slug, pk=pk)
    try:
        actions.remove_document(by=request.user, document=row)
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, f"{row.path} is found no more.")
    return redirect("knowledge:feature", slug=slug)


def _page(request: SignedInRequest, feature: Feature, form: LoadForm, status: int = 200) -> HttpResponse:
    text, question, tenant = asked(request, "text"), asked(request, "q", 2000), asked(request, "tenant")
    loads = list(queries.loads(feature)[:5])
    under_way = [_job(request, feature.slug, row) for row in loads if row.is_active]
    context = {
        "feature": feature,
        "form": form,
        "tabs": tabs(feature, "knowledge", request.user),
        "page": paginate(request, queries.documents(feature, text)),
        "text": text,
        "revision": queries.revision(feature),
        "jobs": under_way[:1],
        "waiting": len(under_way) - 1,
        "last": next(((row, queries.unread(row)) for row in loads if not row.is_active), None),
        "question": question,
        "tenant": tenant,
        "tenants": Tenant.objects.order_by("slug").values_list("slug", flat=True),
        "found": _found(feature, question, tenant) if question else None,
        "embedder": in_force(Use.KNOWLEDGE),
    }
    return render(request, "knowledge/feature.html", context, status=status)


def _found(feature: Feature, question: str, tenant: str) -> list[Found]:
    """As a call finds it: by the vectors that are in force, or by hashing where no vector can be had."""
    known = asking.vector(Use.KNOWLEDGE, feature.slug, question)
    near = Near(known.space.pk, known.numbers, known.space.alike) if known else None
    return search(feature.slug, question, tenant=tenant, near=near)


def _job(request: SignedInRequest, slug: str, row: Load) -> dict[str, Any]:
    """What `_components/job.html` shows."""
    where = {"slug": slug, "pk": row.pk}
    may_cancel = row.is_active and request.user.may(Permission.KNOWLEDGE_EDIT)
    return {
        "title": f"Loading into {row.source.name}",
        "done": row.done,
        "failed": row.failed,
        "total": row.total,
        "running": row.is_active,
        "poll_url": reverse("knowledge:progress", kwargs=where),
        "cancel_url": reverse("knowledge:cancel", kwargs=where) if may_cancel else "",
    }
