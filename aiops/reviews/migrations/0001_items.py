import aiops.core.clock
import aiops.reviews.models.sampling
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalog', '0002_triggers'),
        ('evaluations', '0011_stopped'),
        ('features', '0004_callback_secrets'),
        ('prompts', '0002_triggers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CalibrationRound',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(blank=True, max_length=200)),
                ('opened_at', models.DateTimeField(default=aiops.core.clock.now)),
                ('closed_at', models.DateTimeField(null=True)),
                ('feature', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rounds', to='features.feature')),
                ('opened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-id',),
            },
        ),
        migrations.CreateModel(
            name='Guideline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('note', models.TextField(blank=True)),
                ('at', models.DateTimeField(default=aiops.core.clock.now)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('feature', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='guidelines', to='features.feature')),
            ],
            options={
                'ordering': ('feature', '-number'),
            },
        ),
        migrations.CreateModel(
            name='ReviewItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(choices=[('call', 'Call'), ('result', 'Evaluation result')], max_length=6)),
                ('source_id', models.CharField(max_length=40)),
                ('source_at', models.DateTimeField()),
                ('tenant', models.CharField(blank=True, max_length=60)),
                ('locale', models.CharField(blank=True, max_length=35)),
                ('language', models.CharField(blank=True, max_length=10)),
                ('category', models.CharField(blank=True, max_length=200)),
                ('approach_name', models.CharField(blank=True, max_length=200)),
                ('version_id', models.BigIntegerField(null=True)),
                ('version_number', models.IntegerField(null=True)),
                ('model', models.CharField(blank=True, max_length=200)),
                ('arm', models.CharField(blank=True, max_length=10)),
                ('stratum', models.CharField(choices=[('random', 'Random'), ('judge_fail', 'Judge says fail'), ('judge_unsure', 'Judge unsure'), ('guardrail_near_miss', 'Guardrail near-miss'), ('thumbs_down', 'Thumbs down'), ('new_topic', 'New topic'), ('rare_locale', 'Rare locale'), ('longest', 'Longest'), ('dearest', 'Dearest'), ('canary', 'Canary arm'), ('by_hand', 'Sent by hand'), ('run', 'Evaluation run'), ('escalated', 'Escalated')], max_length=20)),
                ('probability', models.FloatField()),
                ('is_random', models.BooleanField(default=False)),
                ('week', models.DateField()),
                ('seats', models.PositiveSmallIntegerField(default=1)),
                ('state', models.CharField(choices=[('open', 'Open'), ('adjudicate', 'To adjudicate'), ('done', 'Done'), ('withdrawn', 'Withdrawn')], default='open', max_length=10)),
                ('scale', models.CharField(choices=[('pass_fail', 'Pass or fail'), ('one_to_five', '1 to 5')], default='pass_fail', max_length=11)),
                ('inputs', models.JSONField(null=True)),
                ('output', models.TextField(null=True)),
                ('passages', models.JSONField(null=True)),
                ('gold', models.JSONField(null=True)),
                ('note', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=aiops.core.clock.now)),
                ('done_at', models.DateTimeField(null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('feature', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='review_items', to='features.feature')),
                ('guideline', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reviews.guideline')),
                ('result', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='review_items', to='evaluations.result')),
                ('round', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='items', to='reviews.calibrationround')),
            ],
            options={
                'ordering': ('id',),
            },
        ),
        migrations.CreateModel(
            name='Escalation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=aiops.core.clock.now)),
                ('comment', models.TextField(blank=True)),
                ('alert', models.BigIntegerField(null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='escalations', to='reviews.reviewitem')),
            ],
            options={
                'ordering': ('-id',),
            },
        ),
        migrations.CreateModel(
            name='SamplingBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stratum', models.CharField(choices=[('random', 'Random'), ('judge_fail', 'Judge says fail'), ('judge_unsure', 'Judge unsure'), ('guardrail_near_miss', 'Guardrail near-miss'), ('thumbs_down', 'Thumbs down'), ('new_topic', 'New topic'), ('rare_locale', 'Rare locale'), ('longest', 'Longest'), ('dearest', 'Dearest'), ('canary', 'Canary arm'), ('by_hand', 'Sent by hand'), ('run', 'Evaluation run'), ('escalated', 'Escalated')], max_length=20)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('late', models.BooleanField(default=False)),
                ('population', models.PositiveIntegerField()),
                ('share', models.FloatField()),
                ('drawn', models.PositiveIntegerField()),
                ('at', models.DateTimeField(default=aiops.core.clock.now)),
                ('feature', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='batches', to='features.feature')),
            ],
            options={
                'ordering': ('-until', 'feature', 'stratum'),
            },
        ),
        migrations.CreateModel(
            name='SamplingPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.BooleanField(default=True)),
                ('base_share', models.FloatField(default=0.05)),
                ('weekly_minimum', models.PositiveIntegerField(default=20)),
                ('shares', models.JSONField(default=aiops.reviews.models.sampling.tail_shares)),
                ('items_per_week', models.PositiveIntegerField(default=150)),
                ('reviewers', models.PositiveSmallIntegerField(default=1)),
                ('double_share', models.FloatField(default=0.18)),
                ('scale', models.CharField(choices=[('pass_fail', 'Pass or fail'), ('one_to_five', '1 to 5')], default='pass_fail', max_length=11)),
                ('masked', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, default=aiops.reviews.models.sampling.kinds_masked, size=None)),
                ('judge_share', models.FloatField(default=0)),
                ('judge_repeats', models.PositiveSmallIntegerField(default=1)),
                ('changed_at', models.DateTimeField(default=aiops.core.clock.now)),
                ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('feature', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='sampling', to='features.feature')),
                ('judge_model', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.model')),
                ('judge_price', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.price')),
                ('judge_version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='prompts.version')),
            ],
        ),
        migrations.CreateModel(
            name='Seat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('grade', 'Grade'), ('adjudicate', 'Adjudicate')], default='grade', max_length=10)),
                ('number', models.PositiveSmallIntegerField(default=1)),
                ('state', models.CharField(choices=[('free', 'Free'), ('claimed', 'Claimed'), ('graded', 'Graded')], default='free', max_length=7)),
                ('token', models.UUIDField(null=True)),
                ('claimed_at', models.DateTimeField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('graded_at', models.DateTimeField(null=True)),
                ('language', models.CharField(blank=True, max_length=10)),
                ('rank', models.PositiveSmallIntegerField(choices=[(1, 'Urgent'), (3, 'Adjudicate'), (4, 'Calibrate'), (5, 'Ordinary')], default=5)),
                ('feature', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='features.feature')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='places', to='reviews.reviewitem')),
                ('reserved_for', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reviewer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='seats', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('item_id', 'role', 'number'),
            },
        ),
        migrations.CreateModel(
            name='GradeEdit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('by', models.CharField(blank=True, max_length=320)),
                ('at', models.DateTimeField(default=aiops.core.clock.now)),
                ('before', models.JSONField()),
                ('after', models.JSONField(null=True)),
                ('reason', models.TextField(blank=True)),
                ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='edits', to='reviews.reviewitem')),
                ('seat', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='edits', to='reviews.seat')),
            ],
            options={
                'ordering': ('-id',),
            },
        ),
        migrations.CreateModel(
            name='Grade',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scale', models.CharField(choices=[('pass_fail', 'Pass or fail'), ('one_to_five', '1 to 5')], max_length=11)),
                ('raw', models.SmallIntegerField()),
                ('value', models.FloatField()),
                ('passed', models.BooleanField()),
                ('reasons', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None)),
                ('comment', models.TextField(blank=True)),
                ('corrected_output', models.TextField(blank=True)),
                ('seconds', models.FloatField(default=0)),
                ('at', models.DateTimeField(default=aiops.core.clock.now)),
                ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grades', to=settings.AUTH_USER_MODEL)),
                ('guideline', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reviews.guideline')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grades', to='reviews.reviewitem')),
                ('seat', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='grade', to='reviews.seat')),
            ],
            options={
                'ordering': ('-at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='Skip',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.CharField(choices=[('language', 'Not my language'), ('knowledge', 'Needs somebody who knows more'), ('unclear', 'The guideline does not say'), ('unreadable', 'Cannot be read'), ('conflict', 'I am involved'), ('other', 'Something else')], max_length=10)),
                ('comment', models.TextField(blank=True)),
                ('at', models.DateTimeField(default=aiops.core.clock.now)),
                ('cleared_at', models.DateTimeField(null=True)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='skips', to='reviews.reviewitem')),
                ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-id',),
            },
        ),
        migrations.AddConstraint(
            model_name='guideline',
            constraint=models.UniqueConstraint(fields=('feature', 'number'), name='reviews_guideline_number'),
        ),
        migrations.AddConstraint(
            model_name='guideline',
            constraint=models.CheckConstraint(condition=models.Q(('number__gte', 1), models.Q(('text', ''), _negated=True)), name='reviews_guideline_says_something'),
        ),
        migrations.AddIndex(
            model_name='reviewitem',
            index=models.Index(fields=['feature', 'week', 'stratum'], name='reviews_item_week'),
        ),
        migrations.AddIndex(
            model_name='reviewitem',
            index=models.Index(fields=['feature', '-id'], name='reviews_item_newest'),
        ),
        migrations.AddIndex(
            model_name='reviewitem',
            index=models.Index(condition=models.Q(('state__in', ('open', 'adjudicate'))), fields=['feature', 'id'], name='reviews_item_open'),
        ),
        migrations.AddIndex(
            model_name='reviewitem',
            index=models.Index(condition=models.Q(('result__isnull', False)), fields=['result'], name='reviews_item_result'),
        ),
        migrations.AddConstraint(
            model_name='reviewitem',
            constraint=models.UniqueConstraint(fields=('source', 'source_id', 'round'), name='reviews_item_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='reviewitem',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('result', None), ('source', 'call')), models.Q(('result__isnull', False), ('source', 'result')), _connector='OR'), name='reviews_item_source'),
        ),
        migrations.AddConstraint(
            model_name='reviewitem',
            constraint=models.CheckConstraint(condition=models.Q(('probability__gt', 0), ('probability__lte', 1)), name='reviews_item_probability'),
        ),
        migrations.AddConstraint(
            model_name='reviewitem',
            constraint=models.CheckConstraint(condition=models.Q(('seats__range', (1, 200))), name='reviews_item_seats'),
        ),
        migrations.AddConstraint(
            model_name='reviewitem',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('done_at', None), ('state__in', ('open', 'adjudicate'))), models.Q(('done_at__isnull', False), ('state__in', ('done', 'withdrawn'))), _connector='OR'), name='reviews_item_done_at'),
        ),
        migrations.AddConstraint(
            model_name='reviewitem',
            constraint=models.CheckConstraint(condition=models.Q(('scale__in', ('pass_fail', 'one_to_five'))), name='reviews_item_scale'),
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.UniqueConstraint(fields=('item', 'by'), name='reviews_escalation_once'),
        ),
        migrations.AddConstraint(
            model_name='samplingbatch',
            constraint=models.UniqueConstraint(fields=('feature', 'until', 'stratum', 'late'), name='reviews_batch_once'),
        ),
        migrations.AddConstraint(
            model_name='samplingbatch',
            constraint=models.CheckConstraint(condition=models.Q(('drawn__lte', models.F('population')), ('share__range', (0, 1)), ('since__lt', models.F('until'))), name='reviews_batch_adds_up'),
        ),
        migrations.AddConstraint(
            model_name='samplingpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('base_share__range', (0, 1)), ('double_share__range', (0, 1)), ('judge_share__range', (0, 1))), name='reviews_policy_shares'),
        ),
        migrations.AddConstraint(
            model_name='samplingpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('reviewers__range', (1, 5))), name='reviews_policy_reviewers'),
        ),
        migrations.AddConstraint(
            model_name='samplingpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('weekly_minimum__lte', models.F('items_per_week'))), name='reviews_policy_minimum_fits'),
        ),
        migrations.AddConstraint(
            model_name='samplingpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('scale__in', ('pass_fail', 'one_to_five'))), name='reviews_policy_scale'),
        ),
        migrations.AddConstraint(
            model_name='samplingpolicy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('judge_model', None), ('judge_price', None), ('judge_version', None)), models.Q(('judge_model__isnull', False), ('judge_price__isnull', False), ('judge_version__isnull', False)), _connector='OR'), name='reviews_policy_judge_whole'),
        ),
        migrations.AddConstraint(
            model_name='samplingpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('judge_repeats__range', (1, 5))), name='reviews_policy_judge_repeats'),
        ),
        migrations.AddIndex(
            model_name='seat',
            index=models.Index(condition=models.Q(('state', 'graded'), _negated=True), fields=['rank', 'id'], name='reviews_seat_queue'),
        ),
        migrations.AddIndex(
            model_name='seat',
            index=models.Index(condition=models.Q(('reviewer__isnull', False)), fields=['reviewer', '-graded_at'], name='reviews_seat_whose'),
        ),
        migrations.AddIndex(
            model_name='seat',
            index=models.Index(condition=models.Q(models.Q(('state', 'graded'), _negated=True), ('reserved_for__isnull', False)), fields=['reserved_for', 'rank', 'id'], name='reviews_seat_reserved'),
        ),
        migrations.AddConstraint(
            model_name='seat',
            constraint=models.UniqueConstraint(fields=('item', 'role', 'number'), name='reviews_seat_number'),
        ),
        migrations.AddConstraint(
            model_name='seat',
            constraint=models.UniqueConstraint(condition=models.Q(('reviewer__isnull', False)), fields=('item', 'reviewer'), name='reviews_seat_one_each'),
        ),
        migrations.AddConstraint(
            model_name='seat',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('claimed_at', None), ('graded_at', None), ('lease_until', None), ('reviewer', None), ('state', 'free'), ('token', None)), models.Q(('claimed_at__isnull', False), ('graded_at', None), ('lease_until__isnull', False), ('reviewer__isnull', False), ('state', 'claimed'), ('token__isnull', False)), models.Q(('claimed_at__isnull', False), ('graded_at__isnull', False), ('lease_until', None), ('reviewer__isnull', False), ('state', 'graded'), ('token__isnull', False)), _connector='OR'), name='reviews_seat_state'),
        ),
        migrations.AddConstraint(
            model_name='seat',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('number__range', (1, 200)), ('role', 'grade')), models.Q(('number', 1), ('role', 'adjudicate')), _connector='OR'), name='reviews_seat_role'),
        ),
        migrations.AddIndex(
            model_name='gradeedit',
            index=models.Index(fields=['item', '-id'], name='reviews_edit_of_item'),
        ),
        migrations.AddIndex(
            model_name='grade',
            index=models.Index(fields=['reviewer', '-at'], name='reviews_grade_newest'),
        ),
        migrations.AddConstraint(
            model_name='grade',
            constraint=models.UniqueConstraint(fields=('item', 'reviewer'), name='reviews_grade_one_each'),
        ),
        migrations.AddConstraint(
            model_name='grade',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('passed', False), ('raw', 0), ('scale', 'pass_fail'), ('value', 0)), models.Q(('passed', True), ('raw', 1), ('scale', 'pass_fail'), ('value', 1)), models.Q(('passed', False), ('raw__range', (1, 3)), ('scale', 'one_to_five'), ('value', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('raw'), '-', models.Value(1)), '*', models.Value(0.25)))), models.Q(('passed', True), ('raw__range', (4, 5)), ('scale', 'one_to_five'), ('value', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('raw'), '-', models.Value(1)), '*', models.Value(0.25)))), _connector='OR'), name='reviews_grade_on_its_scale'),
        ),
        migrations.AddConstraint(
            model_name='grade',
            constraint=models.CheckConstraint(condition=models.Q(('seconds__gte', 0)), name='reviews_grade_seconds'),
        ),
        migrations.AddConstraint(
            model_name='skip',
            constraint=models.UniqueConstraint(condition=models.Q(('cleared_at', None)), fields=('item', 'reviewer'), name='reviews_skip_once'),
        ),
    ]
