"""How far the people of a feature agree, as a worker reckoned it."""

from django.db import models

from aiops.core import clock
from aiops.features.models import Feature


class AgreementReport(models.Model):
    """One row a feature, replaced whole: `figures` are those of `agreed.report`, at `at`."""

    feature = models.OneToOneField(Feature, on_delete=models.CASCADE, related_name="agreement")
    figures = models.JSONField()
    at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"agreement of {self.feature.slug}"
