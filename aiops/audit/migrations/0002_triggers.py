"""The database keeps the audit's promise: rows are only ever added, and each is linked into a chain at commit.

An event is linked by a deferred constraint trigger, in the last moment of its transaction, under an advisory lock
that is held from there to the end of the commit. A long transaction with an event therefore holds nobody up. Any
writer is covered, since the canonical text is computed here from the columns.

Add a column to the event and `audit_canonical` has to name it: in a new migration that leaves the text of old rows
as it was (name the key only where the column is not null).
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION audit_canonical(event audit_auditevent) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'id', event.id,
        'at', to_char(event.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'actor_id', event.actor_id,
        'actor_label', event.actor_label,
        'action', event.action,
        'object_type', event.object_type,
        'object_id', event.object_id,
        'object_label', event.object_label,
        'feature', event.feature,
        'before', event.before,
        'after', event.after,
        'reason', event.reason,
        'origin', event.origin
    )::text
$$;

CREATE FUNCTION audit_link_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last audit_link%ROWTYPE;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('audit_link'));
    SELECT * INTO last FROM audit_link ORDER BY seq DESC LIMIT 1;
    INSERT INTO audit_link (seq, event_id, prev_hash, hash)
    SELECT
        coalesce(last.seq, 0) + 1,
        NEW.id,
        coalesce(last.hash, repeat('0', 64)),
        encode(sha256(convert_to(
            coalesce(last.hash, repeat('0', 64)) || E'\\n' || audit_canonical(NEW), 'UTF8')), 'hex');
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER audit_link_at_commit AFTER INSERT ON audit_auditevent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_link_event();

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_link_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_link
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_link_by_trigger_alone BEFORE INSERT ON audit_link
    FOR EACH ROW WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION audit_refuse();
"""

BACKWARD = """
DROP TRIGGER audit_link_by_trigger_alone ON audit_link;
DROP TRIGGER audit_link_append_only ON audit_link;
DROP TRIGGER audit_event_append_only ON audit_auditevent;
DROP TRIGGER audit_link_at_commit ON audit_auditevent;
DROP FUNCTION audit_refuse();
DROP FUNCTION audit_link_event();
DROP FUNCTION audit_canonical(audit_auditevent);
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
