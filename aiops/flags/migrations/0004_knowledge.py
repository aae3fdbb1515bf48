"""What a feature may find is part of its picture: gateways hear of a change at once."""

from django.db import migrations

FORWARD = """
CREATE CONSTRAINT TRIGGER flags_publish AFTER INSERT OR UPDATE OR DELETE ON knowledge_knowledge
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION flags_publish();
"""
BACKWARD = "DROP TRIGGER flags_publish ON knowledge_knowledge"


class Migration(migrations.Migration):
    dependencies = [("flags", "0004_local_limits"), ("knowledge", "0002_triggers")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
