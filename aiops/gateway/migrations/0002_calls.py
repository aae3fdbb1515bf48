"""Calls lie in partitions by month, so that a lookup reads one and retention drops one. The last resort is a
default partition; `gateway_make_partitions` is called well ahead of time, since a month whose calls lie in the
default can no longer get its own.
"""

from django.db import migrations, models

CALLS = """
CREATE TABLE gateway_call (
  at timestamptz NOT NULL,
  id varchar(40) NOT NULL,
  tenant varchar(60) NOT NULL,
  feature varchar(60) NOT NULL,
  key varchar(8) NOT NULL,
  "user" varchar(200) NOT NULL,
  locale varchar(35) NOT NULL,
  category varchar(200) NOT NULL,
  outcome varchar(10) NOT NULL CHECK (outcome IN ('answered', 'cached', 'degraded', 'queued', 'refused')),
  reason varchar(60) NOT NULL,
  served_by varchar(20) NOT NULL,
  cache varchar(20) NOT NULL,
  approach varchar(20) NOT NULL,
  approach_name varchar(200) NOT NULL,
  version_id bigint,
  version_number int,
  arm varchar(10) NOT NULL,
  model varchar(200) NOT NULL,
  provider varchar(60) NOT NULL,
  finish_reason varchar(40) NOT NULL,
  input_tokens int NOT NULL,
  cached_input_tokens int NOT NULL,
  cache_write_tokens int NOT NULL,
  output_tokens int NOT NULL,
  reasoning_tokens int NOT NULL,
  cost numeric(24, 10) NOT NULL CHECK (cost >= 0),
  unaccounted numeric(24, 10) NOT NULL CHECK (unaccounted >= 0),
  latency_ms double precision NOT NULL,
  overhead_ms double precision NOT NULL,
  stream boolean NOT NULL,
  attempts jsonb NOT NULL,
  spans jsonb NOT NULL,
  checks jsonb NOT NULL,
  error text NOT NULL,
  revision bigint NOT NULL,
  ticket varchar(40) NOT NULL,
  metadata jsonb NOT NULL,
  inputs jsonb,
  messages jsonb,
  output text,
  passages jsonb,
  PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE TABLE gateway_call_default PARTITION OF gateway_call DEFAULT;
CREATE INDEX gateway_call_feature ON gateway_call (feature, at DESC);
CREATE INDEX gateway_call_tenant ON gateway_call (tenant, at DESC);

CREATE FUNCTION gateway_make_partitions(since date, months int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  begins date := date_trunc('month', since)::date;
  made int := 0;
  name text;
BEGIN
  FOR i IN 1..months LOOP
    name := 'gateway_call_' || to_char(begins, 'YYYY_MM');
    IF to_regclass(name) IS NULL THEN
      EXECUTE format('CREATE TABLE %I PARTITION OF gateway_call FOR VALUES FROM (%L) TO (%L)',
        name, begins::timestamp AT TIME ZONE 'UTC', (begins + interval '1 month')::timestamp AT TIME ZONE 'UTC');
      made := made + 1;
    END IF;
    begins := (begins + interval '1 month')::date;
  END LOOP;
  RETURN made;
END $$;
SELECT gateway_make_partitions((now() - interval '4 months')::date, 8);

CREATE FUNCTION gateway_merge(one jsonb, other jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(jsonb_object_agg(place, count), '{}') FROM (
    SELECT key AS place, sum(value::bigint) AS count
    FROM (SELECT * FROM jsonb_each_text(one) UNION ALL SELECT * FROM jsonb_each_text(other)) AS both_of_them
    GROUP BY key
  ) AS merged
$$;
"""

DROP = """
DROP FUNCTION gateway_merge(jsonb, jsonb);
DROP FUNCTION gateway_make_partitions(date, int);
DROP TABLE gateway_call;
"""


class Migration(migrations.Migration):
    dependencies = [("gateway", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CALLS, DROP)],
            state_operations=[
        migrations.CreateModel(
            name='Call',
            fields=[
                ('pk', models.CompositePrimaryKey('at', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('id', models.CharField(max_length=40)),
                ('tenant', models.CharField(max_length=60)),
                ('feature', models.CharField(max_length=60)),
                ('key', models.CharField(max_length=8)),
                ('user', models.CharField(max_length=200)),
                ('locale', models.CharField(max_length=35)),
                ('category', models.CharField(max_length=200)),
                ('outcome', models.CharField(choices=[('answered', 'Answered'), ('cached', 'Cached'), ('degraded', 'Degraded'), ('queued', 'Queued'), ('refused', 'Refused')], max_length=10)),
                ('reason', models.CharField(max_length=60)),
                ('served_by', models.CharField(max_length=20)),
                ('cache', models.CharField(max_length=20)),
                ('approach', models.CharField(max_length=20)),
                ('approach_name', models.CharField(max_length=200)),
                ('version_id', models.BigIntegerField(null=True)),
                ('version_number', models.IntegerField(null=True)),
                ('arm', models.CharField(max_length=10)),
                ('model', models.CharField(max_length=200)),
                ('provider', models.CharField(max_length=60)),
                ('finish_reason', models.CharField(max_length=40)),
                ('input_tokens', models.IntegerField()),
                ('cached_input_tokens', models.IntegerField()),
                ('cache_write_tokens', models.IntegerField()),
                ('output_tokens', models.IntegerField()),
                ('reasoning_tokens', models.IntegerField()),
                ('cost', models.DecimalField(decimal_places=10, max_digits=24)),
                ('unaccounted', models.DecimalField(decimal_places=10, max_digits=24)),
                ('latency_ms', models.FloatField()),
                ('overhead_ms', models.FloatField()),
                ('stream', models.BooleanField()),
                ('attempts', models.JSONField()),
                ('spans', models.JSONField()),
                ('checks', models.JSONField()),
                ('error', models.TextField()),
                ('revision', models.BigIntegerField()),
                ('ticket', models.CharField(max_length=40)),
                ('metadata', models.JSONField()),
                ('inputs', models.JSONField(null=True)),
                ('messages', models.JSONField(null=True)),
                ('output', models.TextField(null=True)),
                ('passages', models.JSONField(null=True)),
            ],
            options={
                'ordering': ('-at', '-id'),
            },
        ),
            ],
        ),
    ]
