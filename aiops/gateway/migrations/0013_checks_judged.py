"""Where words do not settle whether two answers are the same, a judge may."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gateway", "0012_semantic_news")]
    operations = [
        migrations.AddField(
            "semanticcheck",
            "judged",
            models.CharField(
                blank=True,
                choices=[
                    ("", "By words"),
                    ("waiting", "Waits for the judge"),
                    ("judge", "By the judge"),
                    ("failed", "By words: the judge gave no verdict"),
                ],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField("semanticcheck", "claimed_at", models.DateTimeField(null=True)),
        migrations.AddField("semanticcheck", "reason", models.TextField(blank=True, db_default="", default="")),
        migrations.AddIndex(
            "semanticcheck",
            models.Index(
                condition=models.Q(("judged", "waiting")),
                fields=["feature", "at"],
                name="gateway_semantic_waiting",
            ),
        ),
    ]
