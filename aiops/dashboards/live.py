"""What Home says of each feature as it serves now: for whom, at what cost, how well, how fast."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.alerts import queries as alerts
from aiops.alerts.queries import Tally
from aiops.budgets import queries as budgets
from aiops.budgets.models import Budget
from aiops.budgets.periods import period_of
from aiops.budgets.queries import Standing
from aiops.core import clock
from aiops.dashboards import sums
from aiops.dashboards.sums import Figures, live_rollups, rollups
from aiops.evaluations.models import Verdict
from aiops.features.models import Feature
from aiops.flags import queries as flags
from aiops.flags import showing
from aiops.monitoring.quality.showing import USUAL, Quality, shown
from aiops.monitoring.queries import quality
from aiops.reviews.queries.backlog import Backlog, backlogs

RECENT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Live:
    """`recent`: the last 24 hours; `today`: since midnight UTC. `flag` None: the person may not see flags."""

    feature: Feature
    flag: showing.Row | None
    recent: Figures
    today: Figures
    standing: Standing | None
    verdict: Verdict | None
    alerts: Tally | None = None
    quality: Quality | None = None
    backlog: Backlog | None = None


def live(features: Sequence[Feature], user: User) -> list[Live]:
    """A row for each of `features`, in their order, with what `user` may see; in at most twelve queries."""
    if not features:
        return []
    names = [feature.slug for feature in features]
    now = clock.now()
    midnight, _ = period_of("day", now)
    recent = sums.with_latency(live_rollups(now - RECENT).filter(feature__in=names), "feature")
    today = sums.figures(rollups(midnight).filter(feature__in=names), "feature")
    shown = _flags(names) if user.may(Permission.FLAGS_VIEW) else {}
    standings = _standings(features) if user.may(Permission.SPEND_VIEW) else {}
    verdicts = _verdicts(features) if user.may(Permission.EVALUATIONS_VIEW) else {}
    answers = _quality(features) if user.may(Permission.EVALUATIONS_VIEW) else {}
    raised = alerts.open_by_feature(names, user.permissions) if user.may(Permission.ALERTS_VIEW) else {}
    left = backlogs([one.pk for one in features]) if user.may(Permission.REVIEWS_GRADE) else {}
    return [
        Live(
            feature,
            shown.get(feature.slug),
            recent.get((feature.slug,), Figures()),
            today.get((feature.slug,), Figures()),
            standings.get(feature.pk),
            verdicts.get(feature.pk),
            raised.get(feature.slug),
            answers.get(feature.pk),
            left.get(feature.pk),
        )
        for feature in features
    ]


def _quality(features: Sequence[Feature]) -> dict[int, Quality]:
    """How good the answers of the last week are, where somebody has said something of them."""
    found = quality.reports(features)
    named = {feature.pk: feature for feature in features}
    return {pk: shown(named[pk], USUAL, report) for pk, report in found.items()}


def _flags(names: Sequence[str]) -> dict[str, showing.Row]:
    found = flags.flags_listed().filter(slug__in=names)
    rows = showing.rows(found, list(flags.active_stops()), flags.tenant_count())
    return {row.feature.slug: row for row in rows}


def _standings(features: Sequence[Feature]) -> dict[int, Standing]:
    """The budget of each feature alone: the daily one where there is one, else the monthly one."""
    found = Budget.objects.filter(Q(tenant=None), feature__in=features).select_related("feature", "tenant")
    ranked = sorted(budgets.standings(found), key=lambda one: one.budget.period, reverse=True)
    return {one.budget.feature_id: one for one in ranked if one.budget.feature_id}


def _verdicts(features: Sequence[Feature]) -> dict[int, Verdict]:
    """The newest verdict of each feature."""
    rows = Verdict.objects.filter(candidate__feature__in=features).select_related("candidate", "acceptance")
    newest = rows.order_by("candidate__feature_id", "-id").distinct("candidate__feature_id")
    return {verdict.candidate.feature_id: verdict for verdict in newest}
