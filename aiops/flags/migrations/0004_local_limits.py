from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("flags", "0003_budgets")]
    operations = [
        migrations.AddField(
            model_name="gatewayprocess",
            name="local_limits",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
