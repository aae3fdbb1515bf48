"""A rule set's newest version is part of the picture: gateways hear of another one at once."""

from django.db import migrations

FORWARD = """
CREATE CONSTRAINT TRIGGER flags_publish AFTER INSERT OR UPDATE OR DELETE ON approaches_rulesetversion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION flags_publish();
"""
BACKWARD = "DROP TRIGGER flags_publish ON approaches_rulesetversion"


class Migration(migrations.Migration):
    dependencies = [
        ("gateway", "0008_cache_writer"),
        ("approaches", "0002_triggers"),
        ("flags", "0002_publishing"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
