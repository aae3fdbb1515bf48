"""What was done: append-only, without foreign keys, chained by hashes."""

from django.db import models


class AuditEvent(models.Model):
    """One act. A trigger refuses UPDATE, DELETE and TRUNCATE; another links it into the chain at commit."""

    at = models.DateTimeField(db_index=True)
    actor_id = models.CharField(max_length=200, db_index=True)
    actor_label = models.CharField(max_length=320)
    action = models.CharField(max_length=100, db_index=True)
    object_type = models.CharField(max_length=100)
    object_id = models.CharField(max_length=200)
    object_label = models.CharField(max_length=500)
    feature = models.CharField(max_length=100, blank=True, db_index=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    origin = models.CharField(max_length=100)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("object_type", "object_id"), name="audit_object"),)


class AuditLink(models.Model):
    """One link of the chain: the order in which events were committed. Written by the trigger alone."""

    seq = models.BigIntegerField(primary_key=True)  # 1, 2, 3 … without a gap
    event_id = models.BigIntegerField(unique=True)
    prev_hash = models.CharField(max_length=64)  # the hash of the link before; 64 zeros for the first
    hash = models.CharField(max_length=64)  # SHA-256 of prev_hash, a newline, and the event's canonical text

    class Meta:
        db_table = "audit_link"
        ordering = ("-seq",)
