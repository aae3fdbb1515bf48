"""The database keeps the promise: what served is not rewritten."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION deployments_served_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what served a feature is immutable: deploy something else' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER deployments_served_immutable BEFORE UPDATE ON deployments_served
    FOR EACH ROW EXECUTE FUNCTION deployments_served_is_immutable();
CREATE TRIGGER deployments_served_kept BEFORE TRUNCATE ON deployments_served
    FOR EACH STATEMENT EXECUTE FUNCTION deployments_served_is_immutable();
"""

BACKWARD = """
DROP TRIGGER deployments_served_kept ON deployments_served;
DROP TRIGGER deployments_served_immutable ON deployments_served;
DROP FUNCTION deployments_served_is_immutable();
"""


class Migration(migrations.Migration):
    dependencies = [("deployments", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
