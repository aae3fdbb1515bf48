"""Named questions about prompts. Nothing here writes."""

from typing import NamedTuple

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast

from aiops.prompts.models import Label, Prompt, Version

PRODUCTION = "production"


def latest_version(prompt: Prompt) -> Version | None:
    """The version with the highest number."""
    return prompt.versions.order_by("-number").first()


class Exported(NamedTuple):
    """A prompt as a folder shows it."""

    name: str
    number: int
    source: bytes


def exported() -> list[Exported]:
    """Every prompt that has a version, by name, in two queries."""
    production = Label.objects.filter(prompt=OuterRef("prompt"), name=PRODUCTION).values("version_id")[:1]
    newest = Version.objects.filter(prompt=OuterRef("prompt")).order_by("-number").values("id")[:1]
    rows = (
        Version.objects.annotate(production=Subquery(production), newest=Subquery(newest))
        .filter(Q(production__isnull=True, id=Subquery(newest)) | Q(id=Subquery(production)))
        .select_related("prompt")
        .order_by("prompt__name")
    )
    return [Exported(row.prompt.name, row.number, bytes(row.source)) for row in rows]


def prompts_listed(text: str = "", feature: str = "", label: str = "") -> "QuerySet[Prompt]":
    """Prompts for the list, each with `latest_number`, `latest_at`, `latest_author` and its labels.

    `text` is sought in name and description and in the text of the latest version; `feature` is a slug.
    """
    newest = Version.objects.filter(prompt=OuterRef("pk")).order_by("-number")
    rows = Prompt.objects.annotate(
        latest_number=Subquery(newest.values("number")[:1]),
        latest_at=Subquery(newest.values("created_at")[:1]),
        latest_author=Subquery(newest.values("author__email")[:1]),
    )
    if text:
        template = Cast(Subquery(newest.values("messages")[:1]), TextField())
        rows = rows.alias(latest_text=template)
        rows = rows.filter(
            Q(name__icontains=text) | Q(description__icontains=text) | Q(latest_text__icontains=text)
        )
    if feature:
        rows = rows.filter(feature__slug=feature)
    if label:
        rows = rows.filter(labels__name=label)
    with_versions = Prefetch("labels", Label.objects.select_related("version").defer("version__source"))
    return rows.select_related("feature").prefetch_related(with_versions).order_by("name")


def numbers_of(prompt: Prompt) -> list[int]:
    """The numbers of all versions of `prompt`, the newest first."""
    return list(prompt.versions.order_by("-number").values_list("number", flat=True))


def compared_with(prompt: Prompt, number: int) -> int:
    """What version `number` is best read against: production, else the one before it, else itself."""
    production = prompt.labels.filter(name=PRODUCTION).values_list("version__number", flat=True).first()
    if production and production != number:
        return production
    earlier = (
        prompt.versions.filter(number__lt=number).order_by("-number").values_list("number", flat=True).first()
    )
    return earlier or number


def label_names() -> list[str]:
    """All names that labels have, for the filter."""
    return list(Label.objects.order_by("name").values_list("name", flat=True).distinct())


def versions_of(prompt: Prompt) -> "QuerySet[Version]":
    """The versions of `prompt` with their labels and authors, the newest first."""
    return (
        prompt.versions.defer("source")
        .select_related("author")
        .prefetch_related("labels")
        .order_by("-number")
    )
