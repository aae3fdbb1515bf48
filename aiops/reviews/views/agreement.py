"""How far people agree: per feature as a worker reckoned it, per person with what there is to learn."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.core.pages import asked, page_or_fragment, paginate
from aiops.features.models import Feature
from aiops.reviews import agreement_words
from aiops.reviews.models import AgreementReport, CalibrationRound, ReviewItem, Scale
from aiops.reviews.queries import backlog, people
from aiops.reviews.tabs import tabs

LATEST = 20
LABELS = {Scale.PASS_FAIL: ("Fail", "Pass"), Scale.ONE_TO_FIVE: ("1", "2", "3", "4", "5")}


@requires(Permission.REVIEWS_GRADE)
@require_GET
def agreement(request: SignedInRequest) -> HttpResponse:
    rows = AgreementReport.objects.select_related("feature").order_by("feature__slug")
    page = paginate(request, rows)
    said = [(report, agreement_words.sentence(report.figures["people"])) for report in page]
    context = {"tabs": tabs("agreement", request.user), "page": page, "rows": said}
    return render(request, "reviews/agreement.html", context)


@requires(Permission.REVIEWS_GRADE)
@require_GET
def agreement_of(request: SignedInRequest, slug: str) -> HttpResponse:
    """One feature. Who is who, leads see; others see themselves."""
    feature = load(Feature.objects.all(), slug=slug)
    report = AgreementReport.objects.filter(feature=feature).first()
    context = {"tabs": tabs("agreement", request.user), "feature": feature, "report": report}
    if report:
        waiting = ReviewItem.objects.filter(feature=feature, state=ReviewItem.State.ADJUDICATE)
        context |= _shown(report.figures, request.user) | {"undecided": waiting.count()}
    return render(request, "reviews/agreement_of.html", context)


def _shown(figures: dict[str, Any], user: User) -> dict[str, Any]:
    labels = LABELS[Scale(figures["scale"])]
    rows = figures["people"]["table"]
    leads = user.may(Permission.REVIEWS_LEAD)
    own = {key: one for key, one in figures["reviewers"].items() if leads or key == str(user.pk)}
    pairs = figures["pairs"] if leads else []
    known = User.objects.in_bulk([int(key) for key in own] + [pk for pair in pairs for pk in pair[:2]])
    return {
        "sentence": agreement_words.sentence(figures["people"]),
        "labels": labels,
        "matrix": [
            (label, [(count, at == place) for place, count in enumerate(row)])
            for at, (label, row) in enumerate(zip(labels, rows, strict=True))
        ],
        "slices": [("Category", figures["categories"]), ("Locale", figures["locales"])],
        "people": [(known[int(key)], one) for key, one in own.items() if int(key) in known],
        "pairs": [(known[a], known[b], one) for a, b, one in pairs if a in known and b in known],
        "leads": leads,
    }


@requires(Permission.REVIEWS_GRADE)
@require_GET
def reviewers(request: SignedInRequest) -> HttpResponse:
    """Everybody who grades, for leads; others see their own page."""
    if not request.user.may(Permission.REVIEWS_LEAD):
        return _reviewer(request, request.user)
    context = {"tabs": tabs("reviewers", request.user), "desks": backlog.desks()}
    return render(request, "reviews/reviewers.html", context)


@requires(Permission.REVIEWS_GRADE)
@require_GET
def reviewer(request: SignedInRequest, reviewer_id: int) -> HttpResponse:
    """One person's grades; somebody else's only for leads."""
    if reviewer_id != request.user.pk and not request.user.may(Permission.REVIEWS_LEAD):
        return redirect("reviews:reviewers")
    return _reviewer(request, load(User.objects.all(), pk=reviewer_id))


def _reviewer(request: SignedInRequest, person: User) -> HttpResponse:
    kind = asked(request, "kind")
    page = paginate(request, people.otherwise(person, kind), size=20)
    thirds = people.deciding(list(page))
    context = {
        "tabs": tabs("reviewers", request.user),
        "person": person,
        "is_own": person == request.user,
        "pace": people.pace_of(person),
        "standings": people.standings(person),
        "page": page,
        "rows": [(grade, thirds.get(grade.item_id)) for grade in page],
        "kind": kind,
        "latest": people.latest(person, for_themselves=person == request.user)[:LATEST],
        "rounds": CalibrationRound.objects.filter(
            kind=CalibrationRound.Kind.CALIBRATION, items__places__reviewer=person
        ).distinct()[:10],
    }
    return page_or_fragment(request, "reviews/reviewer.html", "reviews/_otherwise.html", context)
