"""What people see differently: what waits for a third person, and what one decided."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from aiops.accounts.access import SignedInRequest, requires
from aiops.accounts.permissions import Permission
from aiops.core.pages import asked, paginate
from aiops.reviews.queries import adjudication as queries
from aiops.reviews.queries import items
from aiops.reviews.tabs import tabs

SHOWN = 20  # that wait


@requires(Permission.REVIEWS_GRADE)
@require_GET
def adjudication(request: SignedInRequest) -> HttpResponse:
    """Blind: of what waits it says nothing that people said. What is decided, leads see."""
    feature = asked(request, "feature")
    waiting = queries.undecided(request.user, feature)
    leads = request.user.may(Permission.REVIEWS_LEAD)
    context = {
        "tabs": tabs("adjudication", request.user),
        "waiting": [(item, _can(item, request)) for item in waiting[:SHOWN]],
        "count": waiting.count(),
        "page": paginate(request, queries.decided(feature)) if leads else None,
        "features": items.features(),
        "feature": feature,
    }
    return render(request, "reviews/adjudication.html", context)


def _can(item: object, request: SignedInRequest) -> str:
    """Why the person cannot decide it, '' where they can."""
    language = getattr(item, "language", "")
    whys = {
        "you graded it": getattr(item, "is_own", False),
        "you skipped it": getattr(item, "is_skipped", False),
        "somebody is at it": getattr(item, "is_held", False),
        "kept for somebody": getattr(item, "is_kept", False),
        "you do not read it": bool(language) and language not in request.user.languages,
    }
    return next((why for why, holds in whys.items() if holds), "")
