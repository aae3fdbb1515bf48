"""The database keeps the promise: versions and what was predicted out of fold never change."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION approaches_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % is immutable: make a new version', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER approaches_rules_immutable BEFORE UPDATE ON approaches_rulesetversion
    FOR EACH ROW EXECUTE FUNCTION approaches_is_immutable();
CREATE TRIGGER approaches_rules_kept BEFORE TRUNCATE ON approaches_rulesetversion
    FOR EACH STATEMENT EXECUTE FUNCTION approaches_is_immutable();
CREATE TRIGGER approaches_classifier_immutable BEFORE UPDATE ON approaches_classifierversion
    FOR EACH ROW EXECUTE FUNCTION approaches_is_immutable();
CREATE TRIGGER approaches_classifier_kept BEFORE TRUNCATE ON approaches_classifierversion
    FOR EACH STATEMENT EXECUTE FUNCTION approaches_is_immutable();
CREATE TRIGGER approaches_out_of_fold_immutable BEFORE UPDATE ON approaches_outoffold
    FOR EACH ROW EXECUTE FUNCTION approaches_is_immutable();
CREATE TRIGGER approaches_out_of_fold_kept BEFORE TRUNCATE ON approaches_outoffold
    FOR EACH STATEMENT EXECUTE FUNCTION approaches_is_immutable();
"""

BACKWARD = """
DROP TRIGGER approaches_out_of_fold_kept ON approaches_outoffold;
DROP TRIGGER approaches_out_of_fold_immutable ON approaches_outoffold;
DROP TRIGGER approaches_classifier_kept ON approaches_classifierversion;
DROP TRIGGER approaches_classifier_immutable ON approaches_classifierversion;
DROP TRIGGER approaches_rules_kept ON approaches_rulesetversion;
DROP TRIGGER approaches_rules_immutable ON approaches_rulesetversion;
DROP FUNCTION approaches_is_immutable();
"""


class Migration(migrations.Migration):
    dependencies = [("approaches", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
