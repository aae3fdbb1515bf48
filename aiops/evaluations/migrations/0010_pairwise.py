"""Two finished runs before a judge."""

import aiops.core.clock
import django.db.models.deletion
import django.db.models.expressions
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_triggers"),
        ("datasets", "0002_triggers"),
        ("evaluations", "0009_summaries"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Pairwise",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("judge", models.JSONField()),
                ("ceiling", models.DecimalField(blank=True, decimal_places=10, max_digits=24, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("finished", "Finished"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("stopped", "Stopped at its ceiling"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("total", models.PositiveIntegerField()),
                ("done", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("cost", models.DecimalField(decimal_places=10, default=Decimal("0"), max_digits=24)),
                ("held", models.DecimalField(decimal_places=10, default=Decimal("0"), max_digits=24)),
                ("unaccounted", models.DecimalField(decimal_places=10, default=Decimal("0"), max_digits=24)),
                ("token", models.PositiveIntegerField(default=0)),
                ("slots", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=aiops.core.clock.now)),
                ("started_at", models.DateTimeField(null=True)),
                ("dispatched_at", models.DateTimeField(null=True)),
                ("heartbeat_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "baseline",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="evaluations.run"
                    ),
                ),
                (
                    "candidate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pairwise",
                        to="evaluations.run",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.provider"
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="PairwiseResult",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[("better", "Better"), ("worse", "Worse"), ("tie", "Tie")],
                        max_length=10,
                    ),
                ),
                ("forward", models.CharField(blank=True, max_length=10)),
                ("backward", models.CharField(blank=True, max_length=10)),
                ("changed", models.BooleanField(default=False)),
                ("reason", models.TextField(blank=True)),
                ("cost", models.DecimalField(decimal_places=10, default=Decimal("0"), max_digits=24)),
                ("unaccounted", models.DecimalField(decimal_places=10, default=Decimal("0"), max_digits=24)),
                ("created_at", models.DateTimeField(default=aiops.core.clock.now)),
                (
                    "baseline_result",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="evaluations.result"
                    ),
                ),
                (
                    "candidate_result",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="evaluations.result"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="datasets.case"
                    ),
                ),
                (
                    "pairwise",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="results",
                        to="evaluations.pairwise",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.AddConstraint(
            model_name="pairwise",
            constraint=models.CheckConstraint(
                condition=models.Q(("candidate", models.F("baseline")), _negated=True),
                name="evaluations_pairwise_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="pairwise",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("done"), "+", models.F("failed")
                        ),
                    )
                ),
                name="evaluations_pairwise_counts",
            ),
        ),
        migrations.AddConstraint(
            model_name="pairwise",
            constraint=models.CheckConstraint(
                condition=models.Q(("cost__gte", 0), ("held__gte", 0), ("unaccounted__gte", 0)),
                name="evaluations_pairwise_money",
            ),
        ),
        migrations.AddConstraint(
            model_name="pairwise",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at", None), ("state__in", ("queued", "running"))),
                    models.Q(
                        models.Q(("state__in", ("queued", "running")), _negated=True),
                        ("finished_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="evaluations_pairwise_finished_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="pairwiseresult",
            constraint=models.UniqueConstraint(fields=("pairwise", "case"), name="evaluations_pairwise_once"),
        ),
        migrations.AddConstraint(
            model_name="pairwiseresult",
            constraint=models.CheckConstraint(
                condition=models.Q(("changed", False), ("verdict", "tie"), _connector="OR"),
                name="evaluations_pairwise_changed_is_tie",
            ),
        ),
        migrations.RunSQL(
            "CREATE TRIGGER evaluations_pairwiseresult_written_once BEFORE UPDATE ON evaluations_pairwiseresult"
            " FOR EACH ROW EXECUTE FUNCTION evaluations_is_written_once();",
            "DROP TRIGGER evaluations_pairwiseresult_written_once ON evaluations_pairwiseresult;",
        ),
    ]
