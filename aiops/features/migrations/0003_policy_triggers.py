"""The database keeps the promise: a version of a policy never changes."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION features_policy_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a version of a policy is immutable: make a new one' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER features_policy_immutable BEFORE UPDATE ON features_policyversion
    FOR EACH ROW EXECUTE FUNCTION features_policy_is_immutable();
CREATE TRIGGER features_policy_kept BEFORE TRUNCATE ON features_policyversion
    FOR EACH STATEMENT EXECUTE FUNCTION features_policy_is_immutable();
"""

BACKWARD = """
DROP TRIGGER features_policy_kept ON features_policyversion;
DROP TRIGGER features_policy_immutable ON features_policyversion;
DROP FUNCTION features_policy_is_immutable();
"""


class Migration(migrations.Migration):
    dependencies = [("features", "0002_policies_and_keys")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
