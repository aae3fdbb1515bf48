"""The database keeps the promise: whose a chunk is, what was loaded, and that a change is told."""

from django.db import migrations

FORWARD = """
-- A chunk belongs to whoever its source belongs to, whatever an insert says.
CREATE FUNCTION knowledge_owned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT s.feature_id, s.tenant_id INTO STRICT NEW.feature_id, NEW.tenant_id
        FROM knowledge_documentversion v JOIN knowledge_document d ON d.id = v.document_id
        JOIN knowledge_source s ON s.id = d.source_id WHERE v.id = NEW.version_id;
    RETURN NEW;
END $$;
CREATE TRIGGER knowledge_owned BEFORE INSERT OR UPDATE OF version_id, feature_id, tenant_id ON knowledge_chunk
    FOR EACH ROW EXECUTE FUNCTION knowledge_owned();

CREATE FUNCTION knowledge_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER knowledge_source_stays BEFORE UPDATE OF feature_id, tenant_id ON knowledge_source
    FOR EACH ROW WHEN ((NEW.feature_id, NEW.tenant_id) IS DISTINCT FROM (OLD.feature_id, OLD.tenant_id))
    EXECUTE FUNCTION knowledge_stays('a source stays with its feature and its tenant');
CREATE TRIGGER knowledge_document_stays BEFORE UPDATE OF source_id ON knowledge_document
    FOR EACH ROW WHEN (NEW.source_id IS DISTINCT FROM OLD.source_id)
    EXECUTE FUNCTION knowledge_stays('a document stays with its source');
CREATE TRIGGER knowledge_version_stays BEFORE UPDATE ON knowledge_documentversion
    FOR EACH ROW EXECUTE FUNCTION knowledge_stays('a version of a document is immutable: load another');

-- What a feature may find has changed: its revision rises, once in a transaction.
CREATE FUNCTION knowledge_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed record;
    mark text;
BEGIN
    FOR changed IN
        SELECT feature_id, array_agg(DISTINCT language::text) AS languages FROM rows GROUP BY feature_id
    LOOP
        mark := 'aiops.knowledge_' || changed.feature_id;
        IF TG_OP = 'INSERT' THEN
            INSERT INTO knowledge_knowledge (feature_id, revision, languages, changed_at)
                VALUES (changed.feature_id, 0, '{}', clock_timestamp()) ON CONFLICT (feature_id) DO NOTHING;
        END IF;
        UPDATE knowledge_knowledge AS known SET
            revision = revision + CASE
                WHEN current_setting(mark, true) = pg_current_xact_id()::text THEN 0 ELSE 1 END,
            languages = ARRAY(SELECT DISTINCT unnest(known.languages || changed.languages) ORDER BY 1),
            changed_at = clock_timestamp()
        WHERE feature_id = changed.feature_id AND (
            current_setting(mark, true) IS DISTINCT FROM pg_current_xact_id()::text
            OR NOT known.languages @> changed.languages::varchar[]);
        PERFORM set_config(mark, pg_current_xact_id()::text, true);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER knowledge_came AFTER INSERT ON knowledge_chunk
    REFERENCING NEW TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION knowledge_changed();
CREATE TRIGGER knowledge_went AFTER DELETE ON knowledge_chunk
    REFERENCING OLD TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION knowledge_changed();
"""

BACKWARD = """
DROP TRIGGER knowledge_went ON knowledge_chunk;
DROP TRIGGER knowledge_came ON knowledge_chunk;
DROP FUNCTION knowledge_changed();
DROP TRIGGER knowledge_version_stays ON knowledge_documentversion;
DROP TRIGGER knowledge_document_stays ON knowledge_document;
DROP TRIGGER knowledge_source_stays ON knowledge_source;
DROP FUNCTION knowledge_stays();
DROP TRIGGER knowledge_owned ON knowledge_chunk;
DROP FUNCTION knowledge_owned();
"""


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
