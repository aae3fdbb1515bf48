import aiops.core.clock
import aiops.evaluations.models.verdicts
import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


FORWARD = """
CREATE TRIGGER evaluations_gatepolicy_written_once BEFORE UPDATE ON evaluations_gatepolicy
  FOR EACH ROW EXECUTE FUNCTION evaluations_is_written_once();
CREATE TRIGGER evaluations_verdict_written_once BEFORE UPDATE ON evaluations_verdict
  FOR EACH ROW EXECUTE FUNCTION evaluations_is_written_once();
CREATE TRIGGER evaluations_acceptance_written_once BEFORE UPDATE ON evaluations_acceptance
  FOR EACH ROW EXECUTE FUNCTION evaluations_is_written_once();
"""

BACK = """
DROP TRIGGER evaluations_acceptance_written_once ON evaluations_acceptance;
DROP TRIGGER evaluations_verdict_written_once ON evaluations_verdict;
DROP TRIGGER evaluations_gatepolicy_written_once ON evaluations_gatepolicy;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('evaluations', '0002_triggers'),
        ('features', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='GatePolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('margin', models.FloatField(default=0.05)),
                ('alpha', models.FloatField(default=0.05)),
                ('max_missing', models.FloatField(default=0.02)),
                ('min_cases', models.PositiveIntegerField(default=30)),
                ('min_clusters', models.PositiveIntegerField(default=10)),
                ('min_category', models.PositiveIntegerField(default=20)),
                ('deciding_scorer', models.CharField(blank=True, max_length=100)),
                ('required_scorers', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), blank=True, default=list, size=None)),
                ('sizes', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), default=aiops.evaluations.models.verdicts.usual_sizes, size=None)),
                ('created_at', models.DateTimeField(default=aiops.core.clock.now)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('feature', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='gate_policies', to='features.feature')),
            ],
            options={
                'ordering': ('feature', '-number'),
            },
        ),
        migrations.CreateModel(
            name='Verdict',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('PASS', 'Pass'), ('BLOCK', 'Block'), ('INCONCLUSIVE', 'Inconclusive')], max_length=12)),
                ('reason', models.CharField(max_length=20)),
                ('sentence', models.TextField()),
                ('why', models.TextField(blank=True)),
                ('decision', models.JSONField()),
                ('created_at', models.DateTimeField(default=aiops.core.clock.now)),
                ('baseline', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='evaluations.run')),
                ('candidate', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='verdicts', to='evaluations.run')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('policy', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='evaluations.gatepolicy')),
            ],
            options={
                'ordering': ('-id',),
            },
        ),
        migrations.CreateModel(
            name='Acceptance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField()),
                ('at', models.DateTimeField(default=aiops.core.clock.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('verdict', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='acceptance', to='evaluations.verdict')),
            ],
        ),
        migrations.AddConstraint(
            model_name='gatepolicy',
            constraint=models.UniqueConstraint(fields=('feature', 'number'), name='evaluations_gatepolicy_number'),
        ),
        migrations.AddConstraint(
            model_name='gatepolicy',
            constraint=models.CheckConstraint(condition=models.Q(('alpha__gt', 0), ('alpha__lt', 1), ('margin__gt', 0), ('margin__lt', 1), ('max_missing__gte', 0), ('max_missing__lte', 1)), name='evaluations_gatepolicy_shares'),
        ),
        migrations.AddConstraint(
            model_name='verdict',
            constraint=models.UniqueConstraint(fields=('candidate', 'baseline', 'policy'), name='evaluations_verdict_once'),
        ),
        migrations.AddConstraint(
            model_name='verdict',
            constraint=models.UniqueConstraint(condition=models.Q(('policy', None)), fields=('candidate', 'baseline'), name='evaluations_verdict_once_by_default'),
        ),
        migrations.AddConstraint(
            model_name='verdict',
            constraint=models.CheckConstraint(condition=models.Q(('candidate', models.F('baseline')), _negated=True), name='evaluations_verdict_of_two_runs'),
        ),
        migrations.AddConstraint(
            model_name='acceptance',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='evaluations_acceptance_has_a_reason'),
        ),
        migrations.RunSQL(FORWARD, BACK),
    ]
