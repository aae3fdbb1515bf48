"""The tenant that our own work is charged to is always there: it can have a budget before it spends anything."""

from django.db import migrations

FORWARD = """
INSERT INTO tenants_tenant (slug, name, created_at)
VALUES ('internal', 'Internal', clock_timestamp()) ON CONFLICT (slug) DO NOTHING;
CREATE FUNCTION tenants_internal_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the tenant "internal" stays: evaluations, judges and tries are charged to it'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER tenants_internal_stays BEFORE DELETE ON tenants_tenant
    FOR EACH ROW WHEN (OLD.slug = 'internal') EXECUTE FUNCTION tenants_internal_stays();
CREATE TRIGGER tenants_internal_keeps_its_slug BEFORE UPDATE ON tenants_tenant
    FOR EACH ROW WHEN (OLD.slug = 'internal' AND NEW.slug <> OLD.slug)
    EXECUTE FUNCTION tenants_internal_stays();
"""

BACKWARD = """
DROP TRIGGER tenants_internal_keeps_its_slug ON tenants_tenant;
DROP TRIGGER tenants_internal_stays ON tenants_tenant;
DROP FUNCTION tenants_internal_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0003_key_triggers")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
