"""The mark that says: this workspace is the demo."""

from django.db import models

from aiops.core import clock


class Workspace(models.Model):
    """One row in a demo workspace, none in any other. `finished_at` is null until everything is loaded."""

    only = models.BooleanField(primary_key=True, default=True)
    started_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(only=True), name="demo_workspace_only_one"),)

    def __str__(self) -> str:
        return "demo workspace"
