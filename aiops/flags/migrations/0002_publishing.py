"""The database publishes decisions: whoever changes one, by whatever way, every gateway hears of it (ADR 0060).

A deferred constraint trigger acts in the last moment of a transaction, once for all that it changed: the revision
rises under a lock that is held from there to the end of the commit. So revisions have the order of commits, and a
long transaction holds nobody up, least of all a stop. The lock is the audit's, so that two transactions that do both
never wait for each other in a ring.

A new table of decisions: `CREATE CONSTRAINT TRIGGER flags_publish ... EXECUTE FUNCTION flags_publish()` as below.
"""

from django.db import migrations

TABLES = (
    "tenants_tenant",
    "tenants_apikey",
    "catalog_provider",
    "catalog_model",
    "catalog_price",
    "features_feature",
    "features_keyfeature",
    "features_policyversion",
    "deployments_deployment",
    "flags_flag",
    "flags_flag_tenants",
    "flags_killswitch",
)

FUNCTIONS = """
CREATE SEQUENCE flags_revision;

CREATE FUNCTION flags_publish() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    published bigint;
BEGIN
    IF current_setting('aiops.published', true) = txid_current()::text THEN
        RETURN NULL;  -- this transaction has its revision
    END IF;
    PERFORM set_config('aiops.published', txid_current()::text, true);
    PERFORM pg_advisory_xact_lock(hashtext('audit_link'));
    INSERT INTO flags_publication AS kept (id, revision, at)
        VALUES (1, nextval('flags_revision'), clock_timestamp())
        ON CONFLICT (id) DO UPDATE SET revision = EXCLUDED.revision, at = EXCLUDED.at
        RETURNING kept.revision INTO published;
    PERFORM pg_notify('aiops_decisions', published::text);
    RETURN NULL;
END $$;

-- A stop learns which revision it became part of. Its trigger's name comes after flags_publish, so it fires later.
CREATE FUNCTION flags_stamp_stop() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE flags_killswitch SET revision = p.revision, published_at = p.at
        FROM flags_publication p WHERE flags_killswitch.id = NEW.id AND flags_killswitch.revision IS NULL;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER flags_stamp_stop AFTER INSERT ON flags_killswitch
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION flags_stamp_stop();

CREATE FUNCTION flags_stop_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'stops are kept: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.scope, NEW.target, NEW.reason, NEW.by_id, NEW.by_label, NEW.at)
            IS DISTINCT FROM (OLD.scope, OLD.target, OLD.reason, OLD.by_id, OLD.by_label, OLD.at)
        OR (OLD.revision IS NOT NULL AND (NEW.revision, NEW.published_at)
            IS DISTINCT FROM (OLD.revision, OLD.published_at))
        OR (OLD.lifted_at IS NOT NULL AND (NEW.lifted_at, NEW.lifted_by_id, NEW.lift_reason)
            IS DISTINCT FROM (OLD.lifted_at, OLD.lifted_by_id, OLD.lift_reason))
    THEN
        RAISE EXCEPTION 'a stop stays what it was: it can be lifted once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER flags_stop_stays BEFORE UPDATE OR DELETE ON flags_killswitch
    FOR EACH ROW EXECUTE FUNCTION flags_stop_stays();
CREATE TRIGGER flags_stop_kept BEFORE TRUNCATE ON flags_killswitch
    FOR EACH STATEMENT EXECUTE FUNCTION flags_stop_stays();
"""

NO_FUNCTIONS = """
DROP TRIGGER flags_stop_kept ON flags_killswitch;
DROP TRIGGER flags_stop_stays ON flags_killswitch;
DROP FUNCTION flags_stop_stays();
DROP TRIGGER flags_stamp_stop ON flags_killswitch;
DROP FUNCTION flags_stamp_stop();
DROP FUNCTION flags_publish();
DROP SEQUENCE flags_revision;
"""


def publishing(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"""CREATE CONSTRAINT TRIGGER flags_publish AFTER INSERT OR UPDATE OR DELETE ON {table}
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION flags_publish()""",
        f"DROP TRIGGER flags_publish ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("flags", "0001_initial"),
        ("tenants", "0003_key_triggers"),
        ("catalog", "0002_triggers"),
        ("features", "0003_policy_triggers"),
        ("deployments", "0002_triggers"),
    ]
    operations = [migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS), *(publishing(table) for table in TABLES)]
