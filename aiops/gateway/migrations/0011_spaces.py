"""Questions' vectors of other makers than hashing; of which vectors a likeness, and a threshold, is."""

from django.db import migrations, models

TABLE = """
ALTER TABLE gateway_semanticvector ADD COLUMN embedding halfvec NOT NULL;
ALTER TABLE gateway_semanticvector ALTER COLUMN embedding SET STORAGE MAIN;
"""


class Migration(migrations.Migration):
    dependencies = [("gateway", "0010_semantic_cache")]
    operations = [
        migrations.CreateModel(
            name="SemanticVector",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "space", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("space", models.BigIntegerField()),
                ("key", models.BinaryField(max_length=32)),
                ("partition", models.BinaryField(max_length=32)),
                ("question", models.TextField()),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "indexes": [models.Index(fields=["space", "partition"], name="gateway_vector_partition")],
            },
        ),
        migrations.AddField("semanticcheck", "space", models.BigIntegerField(db_default=0, default=0)),
        migrations.AddField("semanticthreshold", "space", models.BigIntegerField(db_default=0, default=0)),
        migrations.AlterField(
            "semanticthreshold",
            "action",
            models.CharField(
                choices=[
                    ("raise", "Raised"),
                    ("lower", "Lowered"),
                    ("learn", "Learnt"),
                    ("off", "Switched off"),
                    ("embedder", "Other vectors"),
                ],
                max_length=10,
            ),
        ),
        migrations.RunSQL(TABLE, migrations.RunSQL.noop),
    ]
