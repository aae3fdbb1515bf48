"""Questions with a stored answer, checks of such answers, and what was decided from them."""

from django.db import models

from aiops.core import clock


class SemanticEntry(models.Model):
    """A question that the answer under `key` in the cache belongs to.

    Its vector is in the column `embedding`, which only SQL reads: halfvec(512) of pgvector.
    """

    key = models.BinaryField(primary_key=True, max_length=32)
    partition = models.BinaryField(max_length=32)
    feature = models.CharField(max_length=60)
    tenant = models.CharField(max_length=60, blank=True)  # empty: shared
    knowledge_revision = models.BigIntegerField(default=0)
    question = models.TextField()
    at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(db_index=True)
    writer = models.CharField(max_length=16, default="", db_default="")  # the process

    class Meta:
        indexes = (
            models.Index(fields=("feature", "at"), name="gateway_semantic_feature"),
            models.Index(fields=("at", "key"), name="gateway_semantic_news"),
        )

    def __str__(self) -> str:
        return f"{self.feature}: {self.question[:40]}"


class SemanticVector(models.Model):
    """A question's vector in another space (its id) than hashing's, which stands in `SemanticEntry`.

    In the column `embedding`, halfvec of the space's length; found by `stores/spaced.py` alone.
    """

    pk = models.CompositePrimaryKey("space", "key")
    space = models.BigIntegerField()
    key = models.BinaryField(max_length=32)
    partition = models.BinaryField(max_length=32)
    question = models.TextField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = (models.Index(fields=("space", "partition"), name="gateway_vector_partition"),)

    def __str__(self) -> str:
        return f"{self.space}: {self.question[:40]}"


class SemanticCheck(models.Model):
    """A stored answer held against a fresh one. Texts are empty where the feature keeps none.

    `similarity` is that of the vectors of `space` (0: hashing), and means nothing in another one. Where words
    do not settle whether the answers are equivalent, the feature's judge is asked: until it has answered,
    this check and all after it count for nothing, so that none is left out for what it will say.
    """

    class Judged(models.TextChoices):
        WORDS = "", "By words"
        WAITING = "waiting", "Waits for the judge"
        JUDGE = "judge", "By the judge"
        FAILED = "failed", "By words: the judge gave no verdict"

    call_id = models.CharField(max_length=40)
    at = models.DateTimeField(default=clock.now)
    feature = models.CharField(max_length=60)
    tenant = models.CharField(max_length=60)
    space = models.BigIntegerField(default=0, db_default=0)
    similarity = models.FloatField()
    equivalent = models.BooleanField()
    served = models.BooleanField()
    question = models.TextField(blank=True)
    neighbour = models.TextField(blank=True)
    stored = models.TextField(blank=True)
    fresh = models.TextField(blank=True)
    judged = models.CharField(max_length=10, choices=Judged, blank=True, default="", db_default="")
    claimed_at = models.DateTimeField(null=True)  # by a worker that asks the judge
    reason = models.TextField(blank=True, default="", db_default="")  # the judge's

    class Meta:
        ordering = ("-at", "-id")
        indexes = (
            models.Index(fields=("feature", "at"), name="gateway_semantic_check"),
            models.Index(
                fields=("feature", "at"),
                condition=models.Q(judged="waiting"),
                name="gateway_semantic_waiting",
            ),
        )

    def __str__(self) -> str:
        return f"{self.feature}: {'the same' if self.equivalent else 'wrong'} at {self.similarity:.2f}"


class SemanticThreshold(models.Model):
    """What was decided for a feature; the newest is in force. `threshold` null: nothing is served.

    It holds for likenesses of the vectors of `space` (0: hashing). A change of it begins with nothing.
    """

    class Action(models.TextChoices):
        RAISE = "raise", "Raised"
        LOWER = "lower", "Lowered"
        LEARN = "learn", "Learnt"
        OFF = "off", "Switched off"
        EMBEDDER = "embedder", "Other vectors"

    feature = models.CharField(max_length=60)
    space = models.BigIntegerField(default=0, db_default=0)
    at = models.DateTimeField(default=clock.now)
    action = models.CharField(max_length=10, choices=Action)
    threshold = models.FloatField(null=True)
    checks = models.PositiveIntegerField()  # at the threshold and above it, when it was decided
    false = models.PositiveIntegerField()
    target = models.FloatField()

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=("feature", "-at"), name="gateway_semantic_threshold"),)

    def __str__(self) -> str:
        return f"{self.feature}: {self.threshold}"


class CachePurge(models.Model):
    """Answers that somebody removed: processes drop them from memory too. `keys` in hex."""

    feature = models.CharField(max_length=60)
    at = models.DateTimeField(default=clock.now)
    pattern = models.CharField(max_length=200)
    keys = models.JSONField()

    def __str__(self) -> str:
        return f"{self.feature}: {self.pattern}"
