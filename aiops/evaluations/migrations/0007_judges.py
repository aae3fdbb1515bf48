"""What judges cost, and the slots that they take of their providers."""

from decimal import Decimal

from django.db import migrations, models
from django.db.models import F, Q

import aiops.core.money


def money() -> models.DecimalField:  # type: ignore[type-arg]  # the stubs want what no migration knows
    return aiops.core.money.money_field(default=Decimal(0))


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0006_grades")]

    operations = [
        migrations.AddField("run", "judge_cost", money()),
        migrations.AddField("result", "judge_cost", money()),
        migrations.AddField("shard", "judge_slots", models.JSONField(default=dict)),
        migrations.AddConstraint(
            "run",
            models.CheckConstraint(
                condition=Q(judge_cost__gte=0, judge_cost__lte=F("cost")), name="evaluations_run_judge_cost"
            ),
        ),
        migrations.AddConstraint(
            "shard",
            models.CheckConstraint(
                condition=Q(state="running") | Q(judge_slots={}), name="evaluations_shard_judge_slots"
            ),
        ),
    ]
