"""A budget is a decision: gateways hear of a change at once."""

from django.db import migrations

FORWARD = """
CREATE CONSTRAINT TRIGGER flags_publish AFTER INSERT OR UPDATE OR DELETE ON budgets_budget
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION flags_publish();
"""
BACKWARD = "DROP TRIGGER flags_publish ON budgets_budget"


class Migration(migrations.Migration):
    dependencies = [("flags", "0002_publishing"), ("budgets", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
