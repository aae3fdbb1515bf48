"""Questions in other words: their vectors, the checks of their answers, thresholds and purges."""

import aiops.core.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gateway', '0009_rules_publish'),
    ]

    operations = [
        migrations.CreateModel(
            name='CachePurge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('feature', models.CharField(max_length=60)),
                ('at', models.DateTimeField(default=aiops.core.clock.now)),
                ('pattern', models.CharField(max_length=200)),
                ('keys', models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name='SemanticCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('call_id', models.CharField(max_length=40)),
                ('at', models.DateTimeField(default=aiops.core.clock.now)),
                ('feature', models.CharField(max_length=60)),
                ('tenant', models.CharField(max_length=60)),
                ('similarity', models.FloatField()),
                ('equivalent', models.BooleanField()),
                ('served', models.BooleanField()),
                ('question', models.TextField(blank=True)),
                ('neighbour', models.TextField(blank=True)),
                ('stored', models.TextField(blank=True)),
                ('fresh', models.TextField(blank=True)),
            ],
            options={
                'ordering': ('-at', '-id'),
                'indexes': [models.Index(fields=['feature', 'at'], name='gateway_semantic_check')],
            },
        ),
        migrations.CreateModel(
            name='SemanticEntry',
            fields=[
                ('key', models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ('partition', models.BinaryField(max_length=32)),
                ('feature', models.CharField(max_length=60)),
                ('tenant', models.CharField(blank=True, max_length=60)),
                ('knowledge_revision', models.BigIntegerField(default=0)),
                ('question', models.TextField()),
                ('at', models.DateTimeField(default=aiops.core.clock.now)),
                ('expires_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'indexes': [models.Index(fields=['feature', 'at'], name='gateway_semantic_feature')],
            },
        ),
        migrations.CreateModel(
            name='SemanticThreshold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('feature', models.CharField(max_length=60)),
                ('at', models.DateTimeField(default=aiops.core.clock.now)),
                ('action', models.CharField(choices=[('raise', 'Raised'), ('lower', 'Lowered'), ('learn', 'Learnt'), ('off', 'Switched off')], max_length=10)),
                ('threshold', models.FloatField(null=True)),
                ('checks', models.PositiveIntegerField()),
                ('false', models.PositiveIntegerField()),
                ('target', models.FloatField()),
            ],
            options={
                'ordering': ('-at', '-id'),
                'indexes': [models.Index(fields=['feature', '-at'], name='gateway_semantic_threshold')],
            },
        ),
        # Small partitions are searched whole, from the index alone: vectors of a partition stand side by side in it.
        migrations.RunSQL(
            """
            CREATE EXTENSION IF NOT EXISTS vector;
            ALTER TABLE gateway_semanticentry ADD COLUMN embedding halfvec(512) NOT NULL;
            ALTER TABLE gateway_semanticentry ALTER COLUMN embedding SET STORAGE PLAIN;
            CREATE INDEX gateway_semantic_partition ON gateway_semanticentry (partition)
              INCLUDE (embedding, expires_at, key);
            """,
            "ALTER TABLE gateway_semanticentry DROP COLUMN embedding",
        ),
    ]
