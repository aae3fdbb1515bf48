"""The database keeps the promise: a version never changes, and is not deleted while a label or a run names it."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION prompts_version_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'version % of prompt % is immutable: make a new version', OLD.number, OLD.prompt_id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER prompts_version_immutable BEFORE UPDATE ON prompts_version
    FOR EACH ROW EXECUTE FUNCTION prompts_version_is_immutable();

CREATE FUNCTION prompts_version_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'versions of prompts are kept: TRUNCATE is refused' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER prompts_version_kept BEFORE TRUNCATE ON prompts_version
    FOR EACH STATEMENT EXECUTE FUNCTION prompts_version_is_kept();

-- The key that runs and labels hold is checked at the end of a transaction; this one says no at once. It also
-- keeps a label of one prompt away from another prompt's versions.
ALTER TABLE prompts_version ADD CONSTRAINT prompts_version_of_prompt UNIQUE (id, prompt_id);
ALTER TABLE prompts_label ADD CONSTRAINT prompts_label_of_same_prompt
    FOREIGN KEY (version_id, prompt_id) REFERENCES prompts_version (id, prompt_id);
"""

BACKWARD = """
ALTER TABLE prompts_label DROP CONSTRAINT prompts_label_of_same_prompt;
ALTER TABLE prompts_version DROP CONSTRAINT prompts_version_of_prompt;
DROP TRIGGER prompts_version_kept ON prompts_version;
DROP FUNCTION prompts_version_is_kept();
DROP TRIGGER prompts_version_immutable ON prompts_version;
DROP FUNCTION prompts_version_is_immutable();
"""


class Migration(migrations.Migration):
    dependencies = [("prompts", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
