"""Who makes vectors is part of the picture: gateways hear of a change at once."""

from django.db import migrations

TABLES = ("embeddings_choice", "embeddings_space")


def publishing(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"""CREATE CONSTRAINT TRIGGER flags_publish AFTER INSERT OR UPDATE OR DELETE ON {table}
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION flags_publish()""",
        f"DROP TRIGGER flags_publish ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("flags", "0005_schedules"), ("embeddings", "0001_initial")]
    operations = [publishing(table) for table in TABLES]
