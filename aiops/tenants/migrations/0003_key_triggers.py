"""The database keeps the promise: a key stays what it was, and what was revoked stays revoked."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION tenants_key_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.public_id, NEW.digest, NEW.tenant_id, NEW.created_at, NEW.created_by_id)
            IS DISTINCT FROM (OLD.public_id, OLD.digest, OLD.tenant_id, OLD.created_at, OLD.created_by_id)
        OR (OLD.revoked_at IS NOT NULL
            AND (NEW.revoked_at, NEW.revoked_by_id) IS DISTINCT FROM (OLD.revoked_at, OLD.revoked_by_id))
    THEN
        RAISE EXCEPTION 'a key stays what it was: make a new one' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tenants_key_stays BEFORE UPDATE ON tenants_apikey
    FOR EACH ROW EXECUTE FUNCTION tenants_key_stays();
"""

BACKWARD = """
DROP TRIGGER tenants_key_stays ON tenants_apikey;
DROP FUNCTION tenants_key_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_keys")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
