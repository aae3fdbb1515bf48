"""Writing what reviewers of a feature go by."""

from django.db import transaction

from aiops.accounts.access import check
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.audit import actions as audit
from aiops.core.errors import Conflict, InvalidInput
from aiops.features.models import Feature
from aiops.reviews.models import Guideline

MOST = 20_000  # characters


@transaction.atomic
def write_guideline(*, by: User, feature: Feature, text: str, note: str = "", based_on: int = 0) -> Guideline:
    """The next version of the guideline: grades from now on name it. `text` is Markdown.

    `based_on` is the number that the person began with, 0 for none. Raises Conflict where somebody else has
    written one since, InvalidInput for an empty or too long text. The same text makes no version.
    """
    check(by, Permission.REVIEWS_LEAD)
    text = "\n".join(text.replace("\0", "").splitlines()).strip()
    if not text or len(text) > MOST:
        raise InvalidInput(f"Write a guideline of at most {MOST:,} characters.")
    Feature.objects.select_for_update(no_key=True).get(pk=feature.pk)
    latest = Guideline.objects.filter(feature=feature).order_by("-number").first()
    number = latest.number if latest else 0
    if number != based_on:
        raise Conflict(f"Somebody has written version {number} since you began with version {based_on}.")
    if latest and latest.text == text:
        return latest
    made = Guideline.objects.create(
        feature=feature, number=number + 1, text=text, note=note.strip()[:2000], by=by
    )
    audit.record(
        by=by,
        action="reviews.guideline_written",
        on=made,
        feature=feature.slug,
        after={"number": made.number, "characters": len(text)},
        reason=made.note,
    )
    return made
