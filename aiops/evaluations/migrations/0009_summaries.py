"""Finished runs by columns: a cache."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0008_reuse")]

    operations = [
        migrations.CreateModel(
            name="RunSummary",
            fields=[
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="kept",
                        serialize=False,
                        to="evaluations.run",
                    ),
                ),
                ("finished_at", models.DateTimeField()),
                ("done", models.PositiveIntegerField()),
                ("failed", models.PositiveIntegerField()),
                ("facts", models.JSONField()),
                ("names", models.JSONField()),
                ("columns", models.BinaryField()),
            ],
            options={"verbose_name_plural": "run summaries"},
        ),
    ]
