"""Named questions about embedders. Nothing here writes."""

from collections.abc import Sequence

from django.db.models import QuerySet

from aiops.embeddings.models import Change, Choice, Space, Use


def in_force(use: str) -> Space | None:
    """Whose vectors `use` goes by; None: hashing."""
    chosen = Choice.objects.select_related("space__model__provider").filter(use=use).first()
    return chosen.space if chosen else None


def choices() -> list[tuple[Use, Choice | None, Change | None]]:
    """Every use with what is in force, and its newest change."""
    chosen = {one.use: one for one in Choice.objects.select_related("space__model__provider")}
    newest = (
        Change.objects.order_by("use", "-id").distinct("use").select_related("space__model", "before__model")
    )
    changes = {one.use: one for one in newest}
    return [(use, chosen.get(use), changes.get(use)) for use in Use]


def changes() -> QuerySet[Change]:
    """The newest first."""
    return Change.objects.select_related("space__model", "before__model", "created_by")


def wanted_spaces(use: str) -> Sequence[int]:
    """The spaces whose vectors `use` needs: in force, or on their way."""
    active = Change.objects.filter(use=use, state__in=Change.ACTIVE).exclude(space=None)
    chosen = Choice.objects.filter(use=use).exclude(space=None)
    return sorted({*active.values_list("space", flat=True), *chosen.values_list("space", flat=True)})
