"""Questions about what was tried."""

from django.db.models import Prefetch, QuerySet, Sum

from aiops.accounts.models import User
from aiops.evaluations.models import PlaygroundCall, Trial

SHOWN = 8


def trials() -> QuerySet[Trial]:
    """All trials with what their page shows, the newest first."""
    calls = PlaygroundCall.objects.select_related("model__provider", "price").order_by("id")
    rows = Trial.objects.select_related("prompt__feature", "version__prompt", "case__dataset", "created_by")
    return rows.prefetch_related(Prefetch("calls", calls)).order_by("-id")


def recent(user: User) -> list[Trial]:
    """The latest trials of `user`, each with `spent`."""
    rows = trials().defer("version__source").filter(created_by=user)
    return list(rows.annotate(spent=Sum("calls__cost"))[:SHOWN])


def calls(email: str = "") -> QuerySet[PlaygroundCall]:
    """All calls, the newest first; of the person with this address alone, where one is given."""
    rows = PlaygroundCall.objects.select_related(
        "trial__prompt", "trial__version__prompt", "trial__created_by", "model__provider"
    ).defer("trial__version__source", "output", "messages", "scores")
    rows = rows.order_by("-id")
    return rows.filter(trial__created_by__email=email) if email else rows
