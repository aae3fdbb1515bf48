"""An output that does harm: said by one key, and seen by whoever can stop the feature."""

import uuid
from typing import Any

from django.db import transaction
from django.urls import reverse

from aiops.accounts.access import check
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.alerts import actions as alerts
from aiops.alerts.models import Alert
from aiops.audit import actions as audit
from aiops.core.errors import Conflict
from aiops.reviews.models import Escalation, ReviewItem, Seat


@transaction.atomic
def escalate_item(*, by: User, seat: Seat, token: uuid.UUID, comment: str = "") -> Escalation:
    """Raise the alarm about the item of `seat`; a second time by the same person it says the same.

    Conflict where `token` no longer holds the seat. No text of the output goes into the alert.
    """
    check(by, Permission.REVIEWS_GRADE)
    if not Seat.objects.filter(pk=seat.pk, token=token, reviewer=by).exists():
        raise Conflict("You no longer hold this item: your hold ran out, and somebody else got it.")
    item = ReviewItem.objects.select_related("feature").get(pk=seat.item_id)
    made, is_new = Escalation.objects.get_or_create(
        item=item, by=by, defaults={"comment": comment.strip()[:2000]}
    )
    if not is_new:
        return made
    alert = alerts.raise_alert(by=by, key=f"harmful:{item.source}:{item.source_id}", **_said(item))
    made.alert = alert.pk
    made.save(update_fields=["alert"])
    audit.record(
        by=by,
        action="reviews.escalated",
        on=item,
        feature=item.feature.slug,
        after={"alert": alert.pk, item.source: item.source_id},
        reason=made.comment,
    )
    return made


def _said(item: ReviewItem) -> dict[str, Any]:
    slug = item.feature.slug
    is_call = item.source == ReviewItem.Source.CALL
    facts = [slug, item.tenant, item.locale, "" if item.category == "unknown" else item.category]
    return {
        "severity": Alert.Severity.CRITICAL if is_call else Alert.Severity.WARNING,
        "what": f"A reviewer calls an output of {slug} harmful",
        "where": ", ".join(fact for fact in facts if fact),
        "todo": "Read it now. Where more like it may follow, stop the feature: that holds at once."
        if is_call
        else "Read it. It was made in an evaluation: no customer has seen it.",
        "link": _link(item),
        "feature": slug,
        "tenant": item.tenant,
    }


def _link(item: ReviewItem) -> str:
    if item.result is not None:
        return reverse("evaluations:result", args=[item.result.run_id, item.result.pk])
    return reverse("calls:call", args=[item.source_id])
