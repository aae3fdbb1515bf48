"""How good a feature's live answers are, as a worker reckoned it."""

from django.db import models

from aiops.core import clock
from aiops.features.models import Feature


class QualityReport(models.Model):
    """One row a feature, replaced whole: `figures` are those of `quality.measuring.report`, until `at`."""

    feature = models.OneToOneField(Feature, on_delete=models.CASCADE, related_name="quality")
    figures = models.JSONField()
    at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"quality of {self.feature.slug}"
