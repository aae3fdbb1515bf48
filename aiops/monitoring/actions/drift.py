"""What people decide about drift: when to be told, and that some outputs are to be graded."""

from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction

from aiops.accounts.access import check
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.errors import Conflict, InvalidInput
from aiops.features.models import Feature
from aiops.monitoring.drift import wording
from aiops.monitoring.models import DriftPolicy, DriftReading
from aiops.monitoring.queries import drift as queries
from aiops.reviews.actions import sending
from aiops.reviews.models import ReviewItem

FIELDS = ("on", "hourly", "false_pages", "rate_points", "mean_sd")


@transaction.atomic
def set_drift_policy(
    *,
    by: User,
    feature: Feature,
    on: bool,
    hourly: bool,
    false_pages: Decimal,
    rate_points: float,
    mean_sd: float,
) -> DriftPolicy:
    """Say when somebody is told of the feature's drift, and which changes matter, from the next window on."""
    check(by, Permission.POLICY_EDIT)
    if not (0 < false_pages <= 13 and 0 < rate_points <= 0.5 and 0 < mean_sd <= 3):
        raise InvalidInput("Give sizes above 0: up to 13 false pages a quarter, 50 points, 3 deviations.")
    policy, _ = DriftPolicy.objects.select_for_update().get_or_create(feature=feature)
    before = {name: _plain(getattr(policy, name)) for name in FIELDS}
    values = (on, hourly, false_pages, rate_points, mean_sd)
    for name, value in zip(FIELDS, values, strict=True):
        setattr(policy, name, value)
    policy.changed_at, policy.changed_by = clock.now(), by
    policy.save()
    after = {name: _plain(getattr(policy, name)) for name in FIELDS}
    audit.record(
        by=by,
        action="monitoring.drift_policy_set",
        on=policy,
        feature=feature.slug,
        before=before,
        after=after,
    )
    return policy


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Decimal) else value


@transaction.atomic
def send_movers(*, by: User, reading: DriftReading) -> Sequence[ReviewItem]:
    """Send the calls that moved a reading most to review. Conflict where none of them is there any more."""
    calls = queries.moved(reading)
    if not calls:
        raise Conflict("None of these calls is stored any more.")
    note = f"Drift, {reading.check_of.start:%Y-%m-%d}: {wording.sentence(reading)}"
    return sending.send_calls(by=by, calls=calls, note=note)
