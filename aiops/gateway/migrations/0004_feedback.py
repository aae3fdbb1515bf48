from django.db import migrations, models


class Migration(migrations.Migration):
    """Nothing has written feedback before this."""

    dependencies = [("gateway", "0003_idempotency")]

    operations = [
        migrations.AddField(
            model_name="feedback",
            name="number",
            field=models.CharField(default="", max_length=40, unique=True),
            preserve_default=False,
        ),
    ]
