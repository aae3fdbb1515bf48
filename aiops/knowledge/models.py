"""What retrieval searches: sources, their documents in versions, and the chunks of the versions in force.

A source is of one feature, and may be of one tenant: then nobody else is ever shown its documents. Triggers
(0002) fill in whose a chunk is, keep a source where it is, and raise the feature's
revision with every change.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from aiops.core import clock
from aiops.features.models import Feature
from aiops.tenants.models import Tenant


class Knowledge(models.Model):
    """What a feature knows by now: `revision` rises with every change of what it may find.

    `languages` are those that its chunks have, or once had.
    """

    feature = models.OneToOneField(Feature, on_delete=models.CASCADE, related_name="knowledge")
    revision = models.BigIntegerField(default=0)
    languages = ArrayField(models.CharField(max_length=8), default=list)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(revision__gte=0), name="knowledge_revision_rises"),
        )

    def __str__(self) -> str:
        return f"{self.feature.slug} knows r{self.revision}"


class Source(models.Model):
    """Where documents come from. `tenant` None: all tenants of the feature may be shown them."""

    feature = models.ForeignKey(Feature, on_delete=models.CASCADE, related_name="sources")
    tenant = models.ForeignKey(Tenant, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("feature", "tenant", "name"), nulls_distinct=False, name="knowledge_source_name"
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="knowledge_source_named"),
        )

    def __str__(self) -> str:
        return self.name


class Document(models.Model):
    """One document of a source; its newest version is in force, unless it is removed."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="documents", db_index=False)
    path = models.CharField(max_length=500)  # inside the source, with "/"
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("path", "id")
        constraints = (
            models.UniqueConstraint(fields=("source", "path"), name="knowledge_document_path"),
            models.CheckConstraint(condition=~models.Q(path=""), name="knowledge_document_named"),
        )

    def __str__(self) -> str:
        return self.path


class DocumentVersion(models.Model):
    """The text of a document at a time. Immutable by trigger. `sha256` is that of the file's bytes."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    title = models.CharField(max_length=300)
    url = models.CharField(max_length=1000, blank=True)
    language = models.CharField(max_length=8, blank=True)  # "" where nobody knows
    text = models.TextField()
    chunk_count = models.PositiveIntegerField()
    loaded_at = models.DateTimeField(default=clock.now)
    loaded_by = models.CharField(max_length=320)

    class Meta:
        ordering = ("document", "-number")
        constraints = (
            models.UniqueConstraint(fields=("document", "number"), name="knowledge_version_number"),
            models.CheckConstraint(
                condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="knowledge_version_sha256"
            ),
            models.CheckConstraint(
                condition=models.Q(url="") | models.Q(url__regex=r"^https?://"), name="knowledge_version_url"
            ),
        )

    def __str__(self) -> str:
        return f"{self.document.path} v{self.number}"


class Chunk(models.Model):
    """A piece of a version in force: `text` stands at [begins, ends) of the version's text, word for word.

    `feature` and `tenant` are its source's; a trigger writes them.
    """

    version = models.ForeignKey(
        DocumentVersion, on_delete=models.CASCADE, related_name="chunks", db_index=False
    )
    ordinal = models.PositiveIntegerField()
    headings = models.JSONField(default=list)  # from the document's first one down
    begins = models.PositiveIntegerField()
    ends = models.PositiveIntegerField()
    text = models.TextField()
    language = models.CharField(max_length=8, blank=True)
    feature = models.ForeignKey(Feature, on_delete=models.CASCADE, related_name="+", db_index=False)
    tenant = models.ForeignKey(Tenant, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    words = SearchVectorField()

    class Meta:
        ordering = ("version", "ordinal")
        indexes = (
            models.Index(fields=("feature", "tenant", "language"), name="knowledge_chunk_partition"),
            GinIndex(fields=("words",), name="knowledge_chunk_words"),
        )
        constraints = (
            models.UniqueConstraint(fields=("version", "ordinal"), name="knowledge_chunk_ordinal"),
            models.CheckConstraint(
                condition=models.Q(ends__gt=models.F("begins")), name="knowledge_chunk_range"
            ),
        )

    def __str__(self) -> str:
        return f"{self.version} #{self.ordinal}"
