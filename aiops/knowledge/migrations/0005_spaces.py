"""Vectors of other makers than hashing, beside it."""

import django.db.models.deletion
from django.db import migrations, models

import aiops.knowledge.models

FORWARD = """
CREATE TABLE knowledge_chunkvector (
    chunk_id bigint NOT NULL REFERENCES knowledge_chunk ON DELETE CASCADE,
    space_id bigint NOT NULL REFERENCES embeddings_space,
    feature bigint NOT NULL,
    tenant bigint,
    embedding halfvec NOT NULL,
    PRIMARY KEY (chunk_id, space_id)
);
-- In the row itself, however long: a search reads them all.
ALTER TABLE knowledge_chunkvector ALTER COLUMN embedding SET STORAGE MAIN;
CREATE INDEX knowledge_vector_partition ON knowledge_chunkvector (space_id, feature);
"""


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0004_loads"), ("embeddings", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(FORWARD, "DROP TABLE knowledge_chunkvector")],
            state_operations=[
                migrations.CreateModel(
                    name="ChunkVector",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "chunk_id", "space_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("feature", models.BigIntegerField()),
                        ("tenant", models.BigIntegerField(null=True)),
                        ("embedding", aiops.knowledge.models.HalfVectorField()),
                        (
                            "chunk",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="knowledge.chunk",
                            ),
                        ),
                        (
                            "space",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="embeddings.space",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["space", "feature"], name="knowledge_vector_partition")],
                    },
                ),
            ],
        ),
    ]
