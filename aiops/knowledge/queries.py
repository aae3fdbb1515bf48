"""Named questions about what is searched. Nothing here writes."""

from django.db.models import OuterRef, QuerySet, Subquery

from aiops.features.models import Feature
from aiops.knowledge.models import Document, DocumentVersion, Knowledge, Load


def revision(feature: Feature) -> int:
    """How often what the feature may find has changed; 0: it has no documents yet."""
    return Knowledge.objects.filter(feature=feature).values_list("revision", flat=True).first() or 0


def documents(feature: Feature, text: str = "") -> "QuerySet[Document]":
    """Documents in force, each with `number`, `title`, `language`, `chunks`, `loaded_at` of its version.

    `text` is sought in path and title.
    """
    newest = DocumentVersion.objects.filter(document=OuterRef("pk")).order_by("-number")
    rows = Document.objects.filter(source__feature=feature, removed_at=None).select_related("source__tenant")
    rows = rows.annotate(
        number=Subquery(newest.values("number")[:1]),
        title=Subquery(newest.values("title")[:1]),
        language=Subquery(newest.values("language")[:1]),
        chunks=Subquery(newest.values("chunk_count")[:1]),
        loaded_at=Subquery(newest.values("loaded_at")[:1]),
    )
    if text:
        rows = rows.filter(path__icontains=text) | rows.filter(title__icontains=text)
    return rows.order_by("source__name", "path", "id")


def loads(feature: Feature) -> "QuerySet[Load]":
    """The newest first."""
    return Load.objects.filter(source__feature=feature).select_related("source__tenant", "created_by")


def unread(load: Load) -> list[tuple[str, str]]:
    """(path, why) of files that could not be read."""
    return list(load.files.filter(done=True, read=False).values_list("path", "outcome")[:50])
