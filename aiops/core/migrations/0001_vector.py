"""pgvector, for every app above.

Making an extension takes a superuser; where ours is none, an administrator does it once before, and nothing happens here.
"""

from django.contrib.postgres.operations import CreateExtension
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [CreateExtension("vector")]
