import aiops.core.clock
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('features', '0004_callback_secrets'),
        ('monitoring', '0001_drift'),
    ]

    operations = [
        migrations.CreateModel(
            name='QualityReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('figures', models.JSONField()),
                ('at', models.DateTimeField(default=aiops.core.clock.now)),
                ('feature', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='quality', to='features.feature')),
            ],
        ),
    ]
