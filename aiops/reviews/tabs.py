"""The tabs over the pages of human review."""

from django.urls import NoReverseMatch, reverse

from aiops.accounts.models import User
from aiops.accounts.permissions import Permission

Tab = tuple[str, str, bool, int | None]
PAGES = (
    ("Queue", "reviews:queue", Permission.REVIEWS_GRADE),
    ("Runs", "evaluations:grading", Permission.EVALUATIONS_GRADE),
    ("Guidelines", "reviews:guidelines", Permission.REVIEWS_GRADE),
    ("Adjudication", "reviews:adjudication", Permission.REVIEWS_GRADE),
    ("Reviewers", "reviews:reviewers", Permission.REVIEWS_GRADE),
    ("Agreement", "reviews:agreement", Permission.REVIEWS_GRADE),
    ("Rounds", "reviews:rounds", Permission.REVIEWS_GRADE),
    ("Pairs", "reviews:pairs", Permission.REVIEWS_GRADE),
    ("Sampling", "reviews:sampling", Permission.REVIEWS_GRADE),
    ("Lead", "reviews:lead", Permission.REVIEWS_LEAD),
)


def tabs(current: str, user: User) -> list[Tab]:
    """Those that `user` may open and that there are; `current` is a title in small letters."""
    found: list[Tab] = []
    for title, name, permission in PAGES:
        if not user.may(permission):
            continue
        try:
            found.append((title, reverse(name), title.lower() == current, None))
        except NoReverseMatch:
            continue
    return found
