import aiops.core.clock
import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


FORWARD = """
CREATE FUNCTION evaluations_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'integrity_constraint_violation', HINT = 'Add another row.';
END $$;
CREATE TRIGGER evaluations_gradesample_append_only BEFORE UPDATE OR DELETE ON evaluations_gradesample
  FOR EACH ROW EXECUTE FUNCTION evaluations_is_append_only();
CREATE TRIGGER evaluations_humangrade_append_only BEFORE UPDATE OR DELETE ON evaluations_humangrade
  FOR EACH ROW EXECUTE FUNCTION evaluations_is_append_only();

CREATE FUNCTION evaluations_grade_has_its_ground() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM evaluations_result WHERE id = NEW.result_id AND error_kind <> '') THEN
    RAISE EXCEPTION 'result % is an error: there is nothing to grade', NEW.result_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.sample_id IS NOT NULL AND NOT EXISTS (
      SELECT FROM evaluations_gradesample
      WHERE id = NEW.sample_id AND by_id = NEW.by_id AND NEW.result_id = ANY (result_ids)) THEN
    RAISE EXCEPTION 'sample % of this person did not draw result %', NEW.sample_id, NEW.result_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER evaluations_grade_has_its_ground BEFORE INSERT ON evaluations_humangrade
  FOR EACH ROW EXECUTE FUNCTION evaluations_grade_has_its_ground();
"""

BACK = """
DROP TRIGGER evaluations_grade_has_its_ground ON evaluations_humangrade;
DROP FUNCTION evaluations_grade_has_its_ground();
DROP TRIGGER evaluations_humangrade_append_only ON evaluations_humangrade;
DROP TRIGGER evaluations_gradesample_append_only ON evaluations_gradesample;
DROP FUNCTION evaluations_is_append_only();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('evaluations', '0005_playground'),
        ('features', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='GradeSample',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=aiops.core.clock.now)),
                ('seed', models.BigIntegerField()),
                ('population', models.PositiveIntegerField()),
                ('result_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='samples', to='evaluations.run')),
            ],
            options={
                'ordering': ('-id',),
            },
        ),
        migrations.CreateModel(
            name='GradeUpload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('filename', models.CharField(max_length=200)),
                ('content', models.BinaryField()),
                ('preview', models.JSONField()),
                ('created_at', models.DateTimeField(default=aiops.core.clock.now)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='grade_uploads', to='evaluations.run')),
            ],
        ),
        migrations.CreateModel(
            name='HumanGrade',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('passed', models.BooleanField(null=True)),
                ('reason', models.TextField(blank=True)),
                ('source', models.CharField(choices=[('page', "on the result's page"), ('sample', 'in a random sample'), ('import', 'from a file')], max_length=10)),
                ('sampling', models.CharField(choices=[('random', 'drawn at random'), ('chosen', 'picked')], max_length=10)),
                ('at', models.DateTimeField(default=aiops.core.clock.now)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('result', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grades', to='evaluations.result')),
                ('sample', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='grades', to='evaluations.gradesample')),
            ],
            options={
                'ordering': ('-id',),
            },
        ),
        migrations.CreateModel(
            name='JudgeTrust',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('TRUSTED', 'Trusted'), ('NOT_TRUSTED', 'Not trusted'), ('UNKNOWN', 'Unknown')], max_length=11)),
                ('because', models.CharField(max_length=300)),
                ('figures', models.JSONField()),
                ('since', models.DateTimeField(default=aiops.core.clock.now)),
                ('until', models.DateTimeField(null=True)),
                ('at', models.DateTimeField(default=aiops.core.clock.now)),
                ('feature', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='judge_trusts', to='features.feature')),
            ],
            options={
                'ordering': ('-id',),
            },
        ),
        migrations.AddConstraint(
            model_name='gradesample',
            constraint=models.CheckConstraint(condition=models.Q(('result_ids__len__gt', 0), ('result_ids__len__lte', models.F('population'))), name='evaluations_sample_is_of_its_population'),
        ),
        migrations.AddIndex(
            model_name='humangrade',
            index=models.Index(fields=['result', 'by', '-id'], name='evaluations_grade_newest'),
        ),
        migrations.AddConstraint(
            model_name='humangrade',
            constraint=models.CheckConstraint(condition=models.Q(('source__in', ('page', 'sample', 'import'))), name='evaluations_grade_source'),
        ),
        migrations.AddConstraint(
            model_name='humangrade',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('sample', None), ('sampling__in', ('random', 'chosen')), ('source', 'import')), models.Q(('sample', None), ('sampling', 'chosen'), ('source', 'page')), models.Q(('sample__isnull', False), ('sampling', 'random'), ('source__in', ('page', 'sample'))), _connector='OR'), name='evaluations_grade_random_is_drawn'),
        ),
        migrations.AddConstraint(
            model_name='humangrade',
            constraint=models.CheckConstraint(condition=models.Q(('passed__isnull', False), ('reason', ''), _connector='OR'), name='evaluations_grade_taken_back_says_nothing'),
        ),
        migrations.AddIndex(
            model_name='judgetrust',
            index=models.Index(fields=['feature', 'digest', '-id'], name='evaluations_trust_history'),
        ),
        migrations.AddConstraint(
            model_name='judgetrust',
            constraint=models.UniqueConstraint(condition=models.Q(('until', None)), fields=('feature', 'digest'), name='evaluations_trust_one_present'),
        ),
        migrations.AddConstraint(
            model_name='judgetrust',
            constraint=models.CheckConstraint(condition=models.Q(('until', None), ('until__gte', models.F('since')), _connector='OR'), name='evaluations_trust_until_after_since'),
        ),
        migrations.AddConstraint(
            model_name='judgetrust',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('TRUSTED', 'NOT_TRUSTED', 'UNKNOWN'))), name='evaluations_trust_state'),
        ),
        migrations.RunSQL(FORWARD, BACK),
    ]
