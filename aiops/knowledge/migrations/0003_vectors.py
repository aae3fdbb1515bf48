"""Vectors beside words, and how common each word is."""

import django.db.models.deletion
from django.db import migrations, models

import aiops.knowledge.models


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0002_triggers"), ("features", "0003_policy_triggers")]
    operations = [
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS vector", migrations.RunSQL.noop),
        migrations.AddField("knowledge", "counted", models.JSONField(default=dict)),
        migrations.RunSQL(  # the trigger makes rows, and knows nothing of it
            "ALTER TABLE knowledge_knowledge ALTER COLUMN counted SET DEFAULT '{}'", migrations.RunSQL.noop
        ),
        migrations.AddField(
            "chunk",
            "embedding",
            aiops.knowledge.models.VectorField(dimensions=512, null=True),
        ),
        migrations.CreateModel(
            name="Term",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("language", models.CharField(blank=True, max_length=8)),
                ("term", models.TextField()),
                ("chunks", models.PositiveIntegerField()),
                (
                    "feature",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="features.feature",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("feature", "language", "term"), name="knowledge_term_once")
                ],
            },
        ),
        migrations.RunSQL(
            "CREATE INDEX knowledge_chunk_embedding ON knowledge_chunk USING hnsw (embedding vector_cosine_ops)",
            "DROP INDEX knowledge_chunk_embedding",
        ),
    ]
