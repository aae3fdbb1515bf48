from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gateway", "0002_calls")]

    operations = [
        migrations.CreateModel(
            name="Idempotency",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("tenant", models.CharField(max_length=60)),
                ("feature", models.CharField(max_length=60)),
                ("key", models.CharField(max_length=200)),
                ("call", models.CharField(max_length=40)),
                ("digest", models.BinaryField(max_length=32)),
                ("free_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("status", models.SmallIntegerField(null=True)),
                ("headers", models.JSONField(null=True)),
                ("body", models.BinaryField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "feature", "key"), name="gateway_idempotency_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(body=None, headers=None, status=None)
                        | models.Q(body__isnull=False, headers__isnull=False, status__isnull=False),
                        name="gateway_idempotency_answer",
                    ),
                ],
            },
        ),
    ]
