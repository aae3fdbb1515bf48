"""A run may take over outputs that the same request brought before; each remembers where it comes from."""

from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

import aiops.core.money

FIXED = """
CREATE OR REPLACE FUNCTION evaluations_run_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.feature_id, OLD.dataset_version_id, OLD.version_id, OLD.model_id, OLD.price_id, OLD.scorers,
      OLD.parameters, OLD.repeats, OLD.total, OLD.created_at, OLD.created_by_id, OLD.vendor_name,
      OLD.rule_set_version_id, OLD.classifier_version_id{old})
     IS DISTINCT FROM
     (NEW.feature_id, NEW.dataset_version_id, NEW.version_id, NEW.model_id, NEW.price_id, NEW.scorers,
      NEW.parameters, NEW.repeats, NEW.total, NEW.created_at, NEW.created_by_id, NEW.vendor_name,
      NEW.rule_set_version_id, NEW.classifier_version_id{new})
  THEN
    RAISE EXCEPTION 'run % has been started: what it runs cannot change', OLD.id
      USING ERRCODE = 'integrity_constraint_violation', HINT = 'Start another run.';
  END IF;
  RETURN NEW;
END $$;
"""
FORWARD = FIXED.format(old=", OLD.reuse", new=", NEW.reuse")
BACK = FIXED.format(old="", new="")


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0007_judges")]

    operations = [
        migrations.AddField("run", "reuse", models.BooleanField(default=False)),
        migrations.AddField("run", "reused", models.PositiveIntegerField(default=0)),
        migrations.AddField("run", "reused_cost", aiops.core.money.money_field(default=Decimal(0))),
        migrations.AddField(
            "result",
            "reused_from",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reused_by",
                to="evaluations.result",
            ),
        ),
        migrations.AddConstraint(
            "run",
            models.CheckConstraint(
                condition=Q(reused=0) | Q(reuse=True, reused__lte=F("done")), name="evaluations_run_reused"
            ),
        ),
        migrations.AddConstraint(
            "result",
            models.CheckConstraint(
                condition=Q(reused_from=None) | Q(cost=0, unaccounted=0, error_kind=""),
                name="evaluations_result_reused",
            ),
        ),
        migrations.AddIndex(
            "result",
            models.Index(
                fields=["reused_from"],
                condition=Q(reused_from__isnull=False),
                name="evaluations_result_origin",
            ),
        ),
        migrations.RunSQL(FORWARD, BACK),
    ]
