"""A price never changes and never goes: what was spent under it stays explained."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION catalog_price_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a price is never changed or deleted: set a new one' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER catalog_price_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON catalog_price
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_price_refuse();
"""

BACKWARD = """
DROP TRIGGER catalog_price_immutable ON catalog_price;
DROP FUNCTION catalog_price_refuse();
"""


class Migration(migrations.Migration):
    dependencies = (("catalog", "0001_initial"),)
    operations = (migrations.RunSQL(FORWARD, BACKWARD),)
