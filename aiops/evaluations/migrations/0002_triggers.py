"""What a run was asked to do, and what it found, never changes."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION evaluations_run_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.feature_id, OLD.dataset_version_id, OLD.version_id, OLD.model_id, OLD.price_id, OLD.scorers,
      OLD.parameters, OLD.repeats, OLD.total, OLD.created_at, OLD.created_by_id)
     IS DISTINCT FROM
     (NEW.feature_id, NEW.dataset_version_id, NEW.version_id, NEW.model_id, NEW.price_id, NEW.scorers,
      NEW.parameters, NEW.repeats, NEW.total, NEW.created_at, NEW.created_by_id)
  THEN
    RAISE EXCEPTION 'run % has been started: what it runs cannot change', OLD.id
      USING ERRCODE = 'integrity_constraint_violation', HINT = 'Start another run.';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER evaluations_run_is_fixed BEFORE UPDATE ON evaluations_run
  FOR EACH ROW EXECUTE FUNCTION evaluations_run_is_fixed();

CREATE FUNCTION evaluations_is_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'row % of % is written once', OLD.id, TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation', HINT = 'Start another run.';
END $$;
CREATE TRIGGER evaluations_result_written_once BEFORE UPDATE ON evaluations_result
  FOR EACH ROW EXECUTE FUNCTION evaluations_is_written_once();
CREATE TRIGGER evaluations_score_written_once BEFORE UPDATE ON evaluations_score
  FOR EACH ROW EXECUTE FUNCTION evaluations_is_written_once();
"""

BACK = """
DROP TRIGGER evaluations_score_written_once ON evaluations_score;
DROP TRIGGER evaluations_result_written_once ON evaluations_result;
DROP FUNCTION evaluations_is_written_once();
DROP TRIGGER evaluations_run_is_fixed ON evaluations_run;
DROP FUNCTION evaluations_run_is_fixed();
"""


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
