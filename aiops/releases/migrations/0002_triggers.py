"""The database keeps the promise: nobody approves their own work, history stays, production is a release."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION releases_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER releases_approval_append_only BEFORE UPDATE OR DELETE ON releases_approval
    FOR EACH ROW EXECUTE FUNCTION releases_refuse();
CREATE TRIGGER releases_revision_append_only BEFORE UPDATE OR DELETE ON releases_revision
    FOR EACH ROW EXECUTE FUNCTION releases_refuse();
CREATE TRIGGER releases_release_append_only BEFORE UPDATE OR DELETE ON releases_release
    FOR EACH ROW EXECUTE FUNCTION releases_refuse();

CREATE FUNCTION releases_approval_is_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    request releases_reviewrequest%ROWTYPE;
    version prompts_version%ROWTYPE;
BEGIN
    SELECT * INTO request FROM releases_reviewrequest WHERE id = NEW.request_id FOR SHARE;
    SELECT * INTO version FROM prompts_version WHERE id = NEW.version_id;
    IF NEW.version_id <> request.version_id OR NEW.cycle <> request.cycle OR NEW.sha256 <> version.sha256 THEN
        RAISE EXCEPTION 'an answer is to the version and the cycle that are under review'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.by_id = version.author_id OR NEW.by_id = request.opened_by_id OR EXISTS (
            SELECT FROM releases_revision r JOIN prompts_version v ON v.id = r.version_id
            WHERE r.request_id = NEW.request_id AND NEW.by_id IN (r.by_id, v.author_id)) THEN
        RAISE EXCEPTION 'nobody approves their own work' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER releases_approval_is_by_another BEFORE INSERT ON releases_approval
    FOR EACH ROW EXECUTE FUNCTION releases_approval_is_by_another();

CREATE FUNCTION releases_release_has_its_ground() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.approval_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM releases_approval a JOIN releases_reviewrequest r ON r.id = a.request_id
            WHERE a.id = NEW.approval_id AND a.answer = 'approved' AND a.request_id = NEW.request_id
            AND a.version_id = NEW.version_id AND a.cycle = r.cycle) THEN
        RAISE EXCEPTION 'the approval is of another version, request or cycle'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.kind = 'rollback' AND NOT EXISTS (
            SELECT FROM releases_release WHERE prompt_id = NEW.prompt_id AND version_id = NEW.version_id) THEN
        RAISE EXCEPTION 'only what was live before is rolled back to' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER releases_release_has_its_ground BEFORE INSERT ON releases_release
    FOR EACH ROW EXECUTE FUNCTION releases_release_has_its_ground();

-- What is in production already begins the history; from here on the label follows the newest release.
INSERT INTO releases_release (prompt_id, version_id, kind, four_eyes, evidence, reason, at)
    SELECT prompt_id, version_id, 'adopted', '', '', 'in production before reviews were kept', now()
    FROM prompts_label WHERE name = 'production';

CREATE FUNCTION releases_production_is_the_newest_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.name = 'production' AND NEW.version_id IS DISTINCT FROM (
            SELECT version_id FROM releases_release WHERE prompt_id = NEW.prompt_id ORDER BY id DESC LIMIT 1) THEN
        RAISE EXCEPTION 'production moves by a release only' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER releases_production_is_the_newest_release BEFORE INSERT OR UPDATE ON prompts_label
    FOR EACH ROW EXECUTE FUNCTION releases_production_is_the_newest_release();
"""

BACKWARD = """
DROP TRIGGER releases_production_is_the_newest_release ON prompts_label;
DROP FUNCTION releases_production_is_the_newest_release();
DROP TRIGGER releases_release_has_its_ground ON releases_release;
DROP FUNCTION releases_release_has_its_ground();
DROP TRIGGER releases_approval_is_by_another ON releases_approval;
DROP FUNCTION releases_approval_is_by_another();
DROP TRIGGER releases_release_append_only ON releases_release;
DROP TRIGGER releases_revision_append_only ON releases_revision;
DROP TRIGGER releases_approval_append_only ON releases_approval;
DROP FUNCTION releases_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("releases", "0001_initial"), ("prompts", "0002_triggers")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
