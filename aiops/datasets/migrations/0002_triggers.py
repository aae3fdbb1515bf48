"""Frozen versions stay as they are, whoever writes to the database."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION datasets_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a frozen dataset version is never changed or deleted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER datasets_version_immutable BEFORE UPDATE OR DELETE ON datasets_datasetversion
    FOR EACH ROW EXECUTE FUNCTION datasets_refuse();

CREATE FUNCTION datasets_version_is_the_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number <> (SELECT draft_number FROM datasets_dataset WHERE id = NEW.dataset_id) THEN
        RAISE EXCEPTION 'only the draft can be frozen' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER datasets_version_is_the_draft BEFORE INSERT ON datasets_datasetversion
    FOR EACH ROW EXECUTE FUNCTION datasets_version_is_the_draft();

CREATE FUNCTION datasets_draft_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.draft_number < OLD.draft_number OR NEW.id <> OLD.id THEN
        RAISE EXCEPTION 'the draft number of a dataset never falls' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER datasets_draft_only_grows BEFORE UPDATE ON datasets_dataset
    FOR EACH ROW EXECUTE FUNCTION datasets_draft_only_grows();

-- A case may be closed once, in the draft; nothing else of it changes.
CREATE FUNCTION datasets_case_only_closes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    unchanged datasets_case%ROWTYPE := NEW;
BEGIN
    unchanged.until := OLD.until;
    unchanged.closed_at := OLD.closed_at;
    unchanged.closed_by_id := OLD.closed_by_id;
    IF unchanged IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'a case is never changed: close it and add another' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW IS DISTINCT FROM OLD AND (OLD.until IS NOT NULL OR NEW.until IS DISTINCT FROM
            (SELECT draft_number FROM datasets_dataset WHERE id = NEW.dataset_id)) THEN
        RAISE EXCEPTION 'a case is closed once, and in the draft only' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER datasets_case_only_closes BEFORE UPDATE ON datasets_case
    FOR EACH ROW EXECUTE FUNCTION datasets_case_only_closes();

CREATE FUNCTION datasets_case_never_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.since <> (SELECT draft_number FROM datasets_dataset WHERE id = OLD.dataset_id)
            AND OLD.until IS DISTINCT FROM OLD.since THEN
        RAISE EXCEPTION 'a case of a frozen version is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER datasets_case_never_frozen BEFORE DELETE ON datasets_case
    FOR EACH ROW EXECUTE FUNCTION datasets_case_never_frozen();

-- Once for a whole COPY or INSERT: 100,000 rows cost one look.
CREATE FUNCTION datasets_case_into_the_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM added JOIN datasets_dataset d ON d.id = added.dataset_id
               WHERE added.since <> d.draft_number OR added.until IS NOT NULL) THEN
        RAISE EXCEPTION 'a case is added to the draft only' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER datasets_case_into_the_draft AFTER INSERT ON datasets_case
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION datasets_case_into_the_draft();
"""

BACKWARD = """
DROP TRIGGER datasets_case_into_the_draft ON datasets_case;
DROP TRIGGER datasets_case_never_frozen ON datasets_case;
DROP TRIGGER datasets_case_only_closes ON datasets_case;
DROP TRIGGER datasets_draft_only_grows ON datasets_dataset;
DROP TRIGGER datasets_version_is_the_draft ON datasets_datasetversion;
DROP TRIGGER datasets_version_immutable ON datasets_datasetversion;
DROP FUNCTION datasets_case_into_the_draft, datasets_case_never_frozen, datasets_case_only_closes,
    datasets_draft_only_grows, datasets_version_is_the_draft, datasets_refuse;
"""


class Migration(migrations.Migration):
    dependencies = [("datasets", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
