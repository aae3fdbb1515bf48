"""The tabs over the pages of one feature."""

from django.urls import NoReverseMatch, reverse

from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.features.models import Feature

Tab = tuple[str, str, bool, int | None]
# Pages of apps above this one stand here by their address; what has none yet is left out.
PAGES = (
    ("Overview", "features:feature", Permission.FEATURES_VIEW),
    ("Try it", "trying:page", Permission.FEATURES_TRY),
    ("Prompt", "feature:prompts", Permission.PROMPTS_VIEW),
    ("Evaluations", "feature:evaluations", Permission.EVALUATIONS_VIEW),
    ("Quality", "quality:page", Permission.EVALUATIONS_VIEW),
    ("Drift", "drift:feature", Permission.EVALUATIONS_VIEW),
    ("Policy", "features:policy", Permission.FEATURES_VIEW),
    ("Router", "router:page", Permission.FEATURES_VIEW),
    ("Guardrails", "guardrails:page", Permission.FEATURES_VIEW),
    ("Cache", "cache:page", Permission.FEATURES_VIEW),
    ("Deployment", "deployments:deployment", Permission.FLAGS_VIEW),
    ("Knowledge", "knowledge:feature", Permission.KNOWLEDGE_VIEW),
    ("Calls", "feature:calls", Permission.SPEND_VIEW),
    ("History", "features:history", Permission.FEATURES_VIEW),
)


def tabs(feature: Feature, current: str, user: User | None = None) -> list[Tab]:
    """Those that `user` may open; None: all. `current` is a title in small letters: "overview"."""
    found: list[Tab] = []
    for title, name, permission in PAGES:
        if user is not None and not user.may(permission):
            continue
        try:
            url = reverse(name, args=[feature.slug])
        except NoReverseMatch:
            continue
        found.append((title, url, title.lower() == current, None))
    return found
