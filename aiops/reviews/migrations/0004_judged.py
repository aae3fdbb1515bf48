import aiops.core.clock
import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0002_triggers'),
        ('features', '0004_callback_secrets'),
        ('prompts', '0002_triggers'),
        ('reviews', '0003_agreement'),
    ]

    operations = [
        migrations.CreateModel(
            name='JudgedCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('call_id', models.CharField(max_length=40)),
                ('at', models.DateTimeField()),
                ('tenant', models.CharField(blank=True, max_length=60)),
                ('locale', models.CharField(blank=True, max_length=35)),
                ('category', models.CharField(blank=True, max_length=200)),
                ('approach_name', models.CharField(blank=True, max_length=200)),
                ('version_id', models.BigIntegerField(null=True)),
                ('version_number', models.IntegerField(null=True)),
                ('model', models.CharField(blank=True, max_length=200)),
                ('arm', models.CharField(blank=True, max_length=10)),
                ('routed', models.BooleanField(default=False)),
                ('digest', models.CharField(max_length=64)),
                ('probability', models.FloatField()),
                ('is_random', models.BooleanField(default=True)),
                ('state', models.CharField(choices=[('waiting', 'Waits for the judge'), ('judged', 'Judged'), ('failed', 'The judge gave no verdict'), ('missed', 'Never asked')], default='waiting', max_length=7)),
                ('value', models.FloatField(null=True)),
                ('passed', models.BooleanField(null=True)),
                ('unsure', models.BooleanField(default=False)),
                ('reason', models.TextField(blank=True)),
                ('cost', models.DecimalField(decimal_places=10, default=Decimal('0'), max_digits=24)),
                ('unaccounted', models.DecimalField(decimal_places=10, default=Decimal('0'), max_digits=24)),
                ('chosen_at', models.DateTimeField(default=aiops.core.clock.now)),
                ('judged_at', models.DateTimeField(null=True)),
                ('feature', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='judged_calls', to='features.feature')),
                ('judge_model', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.model')),
                ('judge_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='prompts.version')),
            ],
            options={
                'ordering': ('-at', '-id'),
                'indexes': [models.Index(fields=['feature', '-at'], name='reviews_judged_newest'), models.Index(condition=models.Q(('state', 'waiting')), fields=['feature', '-at'], name='reviews_judged_waiting')],
                'constraints': [models.UniqueConstraint(fields=('call_id', 'digest'), name='reviews_judged_once'), models.CheckConstraint(condition=models.Q(('probability__gt', 0), ('probability__lte', 1)), name='reviews_judged_probability'), models.CheckConstraint(condition=models.Q(models.Q(('judged_at__isnull', False), ('passed__isnull', False), ('state', 'judged'), ('value__range', (0, 1))), models.Q(('judged_at', None), ('passed', None), ('state', 'waiting'), ('value', None)), models.Q(('judged_at__isnull', False), ('passed', None), ('state__in', ('failed', 'missed')), ('value', None)), _connector='OR'), name='reviews_judged_verdict'), models.CheckConstraint(condition=models.Q(('cost__gte', 0), ('unaccounted__gte', 0)), name='reviews_judged_money')],
            },
        ),
        migrations.CreateModel(
            name='JudgeWatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seen_until', models.DateTimeField()),
                ('token', models.PositiveIntegerField(default=0)),
                ('held_by', models.CharField(blank=True, max_length=100)),
                ('heartbeat_at', models.DateTimeField(null=True)),
                ('problem', models.TextField(blank=True)),
                ('feature', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='judge_watch', to='features.feature')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('heartbeat_at', None), ('held_by', '')), models.Q(('heartbeat_at__isnull', False), models.Q(('held_by', ''), _negated=True)), _connector='OR'), name='reviews_watch_held')],
            },
        ),
    ]
