"""What was tried in the playground, with its calls."""

import aiops.core.clock
import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0002_triggers'),
        ('datasets', '0002_triggers'),
        ('evaluations', '0004_approaches'),
        ('prompts', '0002_triggers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Trial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('draft', models.TextField(blank=True)),
                ('inputs', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(default=aiops.core.clock.now)),
                ('case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='trials', to='datasets.case')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('prompt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='trials', to='prompts.prompt')),
                ('version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='trials', to='prompts.version')),
            ],
            options={
                'ordering': ('-id',),
            },
        ),
        migrations.CreateModel(
            name='PlaygroundCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('running', 'Running'), ('answered', 'Answered'), ('failed', 'Failed'), ('stopped', 'Stopped')], default='running', max_length=10)),
                ('messages', models.JSONField(default=list)),
                ('output', models.TextField(blank=True)),
                ('error_kind', models.CharField(blank=True, max_length=60)),
                ('error', models.TextField(blank=True)),
                ('input_tokens', models.PositiveIntegerField(default=0)),
                ('cached_input_tokens', models.PositiveIntegerField(default=0)),
                ('cache_write_tokens', models.PositiveIntegerField(default=0)),
                ('output_tokens', models.PositiveIntegerField(default=0)),
                ('reasoning_tokens', models.PositiveIntegerField(default=0)),
                ('usage_reported', models.BooleanField(default=True)),
                ('cost', models.DecimalField(decimal_places=10, default=Decimal('0'), max_digits=24)),
                ('unaccounted', models.DecimalField(decimal_places=10, default=Decimal('0'), max_digits=24)),
                ('first_ms', models.FloatField(null=True)),
                ('latency_ms', models.FloatField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('finish_reason', models.CharField(blank=True, max_length=40)),
                ('scores', models.JSONField(default=list)),
                ('started_at', models.DateTimeField(default=aiops.core.clock.now)),
                ('finished_at', models.DateTimeField(null=True)),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='playground_calls', to='catalog.model')),
                ('price', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.price')),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calls', to='evaluations.trial')),
            ],
            options={
                'ordering': ('id',),
            },
        ),
        migrations.AddIndex(
            model_name='trial',
            index=models.Index(fields=['created_by', '-id'], name='evaluations_trial_of'),
        ),
        migrations.AddConstraint(
            model_name='trial',
            constraint=models.CheckConstraint(condition=models.Q(('version__isnull', False), models.Q(('draft', ''), _negated=True), _connector='OR'), name='evaluations_trial_has_a_prompt'),
        ),
        migrations.AddIndex(
            model_name='playgroundcall',
            index=models.Index(condition=models.Q(('state', 'running')), fields=['started_at'], name='evaluations_playground_active'),
        ),
        migrations.AddConstraint(
            model_name='playgroundcall',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at', None), ('state', 'running')), models.Q(models.Q(('state', 'running'), _negated=True), ('finished_at__isnull', False)), _connector='OR'), name='evaluations_playground_finished_at'),
        ),
        migrations.AddConstraint(
            model_name='playgroundcall',
            constraint=models.CheckConstraint(condition=models.Q(('cost__gte', 0), ('unaccounted__gte', 0)), name='evaluations_playground_money'),
        ),
    ]
