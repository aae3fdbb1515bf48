from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0004_internal")]
    operations = [
        migrations.AddField("apikey", "console", models.BooleanField(default=False, db_default=False)),
    ]
