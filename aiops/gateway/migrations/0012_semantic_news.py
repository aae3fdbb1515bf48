"""Who wrote a question, and when: other processes that hold its partition in memory read what is new."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gateway", "0011_spaces")]
    operations = [
        migrations.AddField(
            "semanticentry", "writer", models.CharField(db_default="", default="", max_length=16)
        ),
        migrations.AddIndex(
            "semanticentry", models.Index(fields=["at", "key"], name="gateway_semantic_news")
        ),
    ]
