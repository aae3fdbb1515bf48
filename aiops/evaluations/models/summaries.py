"""What the pages of a finished run are made of, reckoned once."""

from django.db import models

from aiops.evaluations.models.runs import Run


class RunSummary(models.Model):
    """A finished run by columns (`columns.py`), kept so that a page of 10,000 cases reads one row.

    It may be deleted at any time: it is reckoned again from the results. It is out of date where the run's
    `finished_at`, `done` or `failed` is another one now, since the run was continued.
    """

    run = models.OneToOneField(Run, primary_key=True, on_delete=models.CASCADE, related_name="kept")
    finished_at = models.DateTimeField()
    done = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    facts = models.JSONField()  # of `queries.facts`: latency, tokens, cost of the answers
    names = models.JSONField()  # {"scorers", "categories", "locales"}: what the columns' codes stand for
    columns = models.BinaryField()  # a numpy archive without pickles

    class Meta:
        verbose_name_plural = "run summaries"

    def __str__(self) -> str:
        return f"summary of run {self.run_id}"
