"""Who makes vectors of texts, for which use, and the changes from one to another.

Hashing is no row: it needs none, and is what everything falls back on. A space is one embedder with one
length of its vectors; vectors of two spaces are never compared.
"""

from django.db import models
from django.db.models import F, Q

from aiops.accounts.models import User
from aiops.catalog.models import Model
from aiops.core import clock
from aiops.core.money import ZERO, money_field
from aiops.embeddings.shaping import MOST


class Use(models.TextChoices):
    """What vectors are for; each has an embedder of its own."""

    KNOWLEDGE = "knowledge", "Knowledge"
    CACHE = "cache", "Semantic cache"
    ROUTER = "router", "Router"
    GROUNDING = "grounding", "Grounding guardrail"


class Space(models.Model):
    """A model of a provider, or one that runs here. `dimensions` null: no vector has come yet.

    `asked` are the dimensions that the vendor is asked for; with `cut` longer vectors are cut here. `alike`:
    texts that have nothing to do with each other are seldom more alike than this.
    """

    class Kind(models.TextChoices):
        PROVIDER = "provider", "A provider's model"
        LOCAL = "local", "sentence-transformers"

    kind = models.CharField(max_length=10, choices=Kind)
    model = models.ForeignKey(Model, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    local_name = models.CharField(max_length=200, blank=True)
    asked = models.PositiveSmallIntegerField(null=True, blank=True)
    cut = models.BooleanField(default=False)
    dimensions = models.PositiveSmallIntegerField(null=True, blank=True)
    alike = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="provider", model__isnull=False, local_name="")
                | (Q(kind="local", model=None) & ~Q(local_name="")),
                name="embeddings_space_one_maker",
            ),
            models.CheckConstraint(
                condition=(Q(asked=None) | Q(asked__range=(1, MOST)))
                & (Q(dimensions=None) | Q(dimensions__range=(1, MOST))),
                name="embeddings_space_length",
                violation_error_message=f"Vectors have from 1 to {MOST:,} numbers.",
            ),
            models.CheckConstraint(
                condition=Q(cut=False) | Q(asked__isnull=False), name="embeddings_space_cut_to_what"
            ),
        )

    def __str__(self) -> str:
        length = self.dimensions or self.asked
        return f"{self.maker}, {length:,} numbers" if length else self.maker

    @property
    def maker(self) -> str:
        """The model's name."""
        return self.local_name or str(self.model)


class Choice(models.Model):
    """What is in force for a use since `since`. Without a row, or without a space, it is hashing."""

    use = models.CharField(max_length=10, choices=Use, unique=True)
    space = models.ForeignKey(Space, null=True, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.get_use_display()}: {self.space or HASHING}"


HASHING = "Hashing"


class Change(models.Model):
    """A use on its way to another space. `token` rises with each claim: an older one writes nothing.

    `done` of `total` texts have a vector; `cost` is what these cost, worst cases included.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    ACTIVE = (State.QUEUED, State.RUNNING)

    use = models.CharField(max_length=10, choices=Use)
    space = models.ForeignKey(Space, null=True, on_delete=models.PROTECT, related_name="changes")
    before = models.ForeignKey(Space, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    reason = models.TextField(blank=True)  # why it failed, in words
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    cost = money_field(default=ZERO)
    token = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("use",),
                condition=Q(state__in=("queued", "running")),
                name="embeddings_one_change_at_a_time",
            ),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="embeddings_change_counts"),
            models.CheckConstraint(
                condition=Q(state__in=("queued", "running"), finished_at=None)
                | (~Q(state__in=("queued", "running")) & Q(finished_at__isnull=False)),
                name="embeddings_change_finished_at",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_use_display()} to {self.space or HASHING}"

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE


class TextVector(models.Model):
    """A text that a router learns from. `sha256` is the text's; the vector is in little-endian floats."""

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+", db_index=False)
    sha256 = models.BinaryField(max_length=32)
    numbers = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("space", "sha256"), name="embeddings_text_once"),)

    def __str__(self) -> str:
        return f"{self.space}: {bytes(self.sha256).hex()[:12]}"
