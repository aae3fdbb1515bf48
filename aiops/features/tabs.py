"""The tabs over the pages of one feature."""

from django.urls import reverse

from aiops.features.models import Feature

Tab = tuple[str, str, bool, int | None]
PAGES = (
    ("Overview", "features:feature"),
    ("Deployment", "deployments:deployment"),
    ("Policy", "features:policy"),
    ("History", "features:history"),
)


def tabs(feature: Feature, current: str) -> list[Tab]:
    """`current` is a title in small letters: "overview"."""
    found = ((title, reverse(name, args=[feature.slug])) for title, name in PAGES)
    return [(title, url, title.lower() == current, None) for title, url in found]
