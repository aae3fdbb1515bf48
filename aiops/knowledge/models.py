"""What retrieval searches: sources, their documents in versions, and the chunks of the versions in force.

A source is of one feature, and may be of one tenant: then nobody else is ever shown its documents. Triggers
(0002) fill in whose a chunk is, keep a source where it is, and raise the feature's
revision with every change.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from aiops.accounts.models import User
from aiops.core import clock
from aiops.embeddings.models import Space
from aiops.features.models import Feature
from aiops.knowledge import vectors
from aiops.tenants.models import Tenant


class VectorField(models.Field):  # type: ignore[type-arg]  # written and read by SQL of our own alone
    """pgvector's `vector` of so many dimensions."""

    def __init__(self, *args: Any, dimensions: int, **options: Any) -> None:
        self.dimensions = dimensions
        super().__init__(*args, **options)

    def db_type(self, connection: Any) -> str:  # noqa: ARG002 - one database
        return f"vector({self.dimensions})"

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, {**options, "dimensions": self.dimensions}


class Knowledge(models.Model):
    """What a feature knows by now: `revision` rises with every change of what it may find.

    `languages` are those that its chunks have, or once had. `counted` says how many chunks of each language
    there were when `Term` was last counted.
    """

    feature = models.OneToOneField(Feature, on_delete=models.CASCADE, related_name="knowledge")
    revision = models.BigIntegerField(default=0)
    languages = ArrayField(models.CharField(max_length=8), default=list)
    counted = models.JSONField(default=dict)
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
    embedding = VectorField(dimensions=vectors.DIMENSIONS, null=True)

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


class HalfVectorField(models.Field):  # type: ignore[type-arg]  # as above
    """pgvector's `halfvec`, of whatever length its row's space has."""

    def db_type(self, connection: Any) -> str:  # noqa: ARG002 - one database
        return "halfvec"


class ChunkVector(models.Model):
    """A chunk's vector in another space than hashing's, which stands in the chunk itself.

    Goes with its chunk, by the database. `feature` and `tenant` (their ids) are the chunk's, so that a
    search reads no other table. Each space has an index of its own (`spaces.py`).
    """

    pk = models.CompositePrimaryKey("chunk_id", "space_id")
    chunk = models.ForeignKey(Chunk, on_delete=models.DO_NOTHING, related_name="+", db_index=False)
    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="+", db_index=False)
    feature = models.BigIntegerField()
    tenant = models.BigIntegerField(null=True)
    embedding = HalfVectorField()

    class Meta:
        indexes = (models.Index(fields=("space", "feature"), name="knowledge_vector_partition"),)

    def __str__(self) -> str:
        return f"{self.chunk_id} in {self.space_id}"


class Term(models.Model):
    """In how many of a feature's chunks of one language a term stands: rare ones tell more."""

    feature = models.ForeignKey(Feature, on_delete=models.CASCADE, related_name="+", db_index=False)
    language = models.CharField(max_length=8, blank=True)
    term = models.TextField()
    chunks = models.PositiveIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("feature", "language", "term"), name="knowledge_term_once"),
        )

    def __str__(self) -> str:
        return self.term


class Load(models.Model):
    """Files on their way into a source. `token` rises with each claim: an older one writes nothing."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    ACTIVE = (State.QUEUED, State.RUNNING)

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="loads")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    reason = models.TextField(blank=True)  # why it failed, in words
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)  # of those done: could not be read
    token = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(failed__lte=models.F("done"), done__lte=models.F("total")),
                name="knowledge_load_counts",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("queued", "running"), finished_at=None)
                | (~models.Q(state__in=("queued", "running")) & models.Q(finished_at__isnull=False)),
                name="knowledge_load_finished_at",
            ),
        )

    def __str__(self) -> str:
        return f"Load {self.pk} into {self.source}"

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE


class LoadFile(models.Model):
    """One file of a load; its bytes go once it is done. `outcome`: what became of it, or why it is unread."""

    load = models.ForeignKey(Load, on_delete=models.CASCADE, related_name="files", db_index=False)
    path = models.CharField(max_length=500)
    body = models.BinaryField()
    done = models.BooleanField(default=False)
    read = models.BooleanField(default=False)
    outcome = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("load", "path"), name="knowledge_load_path"),)

    def __str__(self) -> str:
        return self.path
