"""A run names one approach: a prompt version on a model, a rule set, or a classifier."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

ONE_APPROACH = (
    Q(version__isnull=False, model__isnull=False, price__isnull=False,
      rule_set_version__isnull=True, classifier_version__isnull=True)
    | Q(rule_set_version__isnull=False,
        version__isnull=True, model__isnull=True, price__isnull=True, classifier_version__isnull=True)
    | Q(classifier_version__isnull=False,
        version__isnull=True, model__isnull=True, price__isnull=True, rule_set_version__isnull=True)
)

FILL = """
UPDATE evaluations_run SET vendor_name = model.vendor_name
FROM catalog_model AS model WHERE model.id = evaluations_run.model_id;
"""

FIXED = """
CREATE OR REPLACE FUNCTION evaluations_run_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.feature_id, OLD.dataset_version_id, OLD.version_id, OLD.model_id, OLD.price_id, OLD.scorers,
      OLD.parameters, OLD.repeats, OLD.total, OLD.created_at, OLD.created_by_id{old})
     IS DISTINCT FROM
     (NEW.feature_id, NEW.dataset_version_id, NEW.version_id, NEW.model_id, NEW.price_id, NEW.scorers,
      NEW.parameters, NEW.repeats, NEW.total, NEW.created_at, NEW.created_by_id{new})
  THEN
    RAISE EXCEPTION 'run % has been started: what it runs cannot change', OLD.id
      USING ERRCODE = 'integrity_constraint_violation', HINT = 'Start another run.';
  END IF;
  RETURN NEW;
END $$;
"""
FORWARD = FIXED.format(
    old=", OLD.vendor_name, OLD.rule_set_version_id, OLD.classifier_version_id",
    new=", NEW.vendor_name, NEW.rule_set_version_id, NEW.classifier_version_id",
)
BACK = FIXED.format(old="", new="")


class Migration(migrations.Migration):
    dependencies = [
        ('approaches', '0002_triggers'),
        ('catalog', '0002_triggers'),
        ('datasets', '0002_triggers'),
        ('evaluations', '0003_verdicts'),
        ('features', '0001_initial'),
        ('prompts', '0002_triggers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='result',
            name='explanation',
            field=models.TextField(blank=True, default=''),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='result',
            name='fold',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='run',
            name='classifier_version',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='approaches.classifierversion'),
        ),
        migrations.AddField(
            model_name='run',
            name='rule_set_version',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='approaches.rulesetversion'),
        ),
        migrations.AddField(
            model_name='run',
            name='vendor_name',
            field=models.CharField(blank=True, max_length=200, default=''),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='run',
            name='model',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='catalog.model'),
        ),
        migrations.AlterField(
            model_name='run',
            name='price',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.price'),
        ),
        migrations.AlterField(
            model_name='run',
            name='version',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='prompts.version'),
        ),
        migrations.AddConstraint(
            model_name='run',
            constraint=models.CheckConstraint(condition=ONE_APPROACH, name='evaluations_run_one_approach'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(FORWARD, BACK),
    ]
