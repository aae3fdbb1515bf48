"""Judges: which there are, whether they may be trusted, and where people say otherwise."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from aiops.accounts.access import SignedInRequest, requires
from aiops.accounts.permissions import Permission
from aiops.core.pages import asked, page_or_fragment, paginate
from aiops.evaluations import disagreements, judges
from aiops.evaluations.judges import Judge
from aiops.evaluations.models import JudgeTrust


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def judge_list(request: SignedInRequest) -> HttpResponse:
    everyone = judges.judges()
    features = sorted({judge.feature for judge in everyone})
    feature = asked(request, "feature")
    shown = [judge for judge in everyone if feature not in features or judge.feature == feature]
    page = paginate(request, shown)
    trusts = judges.present()
    rows = [
        (judge, trusts.get((judge.feature_id, judge.digest)), judges.successor(judge, everyone))
        for judge in page.object_list
    ]
    context = {"page": page, "rows": rows, "features": features, "feature": feature}
    return render(request, "evaluations/judges.html", context)


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def judge_page(request: SignedInRequest, slug: str, digest: str) -> HttpResponse:
    everyone = judges.judges(slug)
    judge = _judge(everyone, slug, digest)
    history = list(judges.history(judge))
    kind = asked(request, "kind")
    kind = kind if kind in disagreements.KINDS else ""
    every = asked(request, "grades") == "all"
    found = disagreements.found(judge, kind=kind, every=every)
    page = paginate(request, found)
    context: dict[str, Any] = {
        "judge": judge,
        "trust": history[0] if history and history[0].until is None else None,
        "history": history,
        "before": judges.predecessor(judge, everyone),
        "after": judges.successor(judge, everyone),
        "page": page,
        "rows": disagreements.shown(list(page.object_list)),
        "kinds": disagreements.KINDS,
        "kind": kind,
        "every": every,
    }
    context["was"] = _was(context["before"])
    return page_or_fragment(request, "evaluations/judge.html", "evaluations/_disagreements.html", context)


def _judge(everyone: list[Judge], slug: str, digest: str) -> Judge:
    for judge in everyone:
        if judge.digest.startswith(digest) and len(digest) >= len(judge.short):
            return judge
    raise Http404(f"There is no judge {digest} in {slug}.")


def _was(before: judges.Successor | None) -> JudgeTrust | None:
    """What the judge before was, when it was replaced."""
    if before is None:
        return None
    return judges.history(before.judge).filter(since__lte=before.at).first()
