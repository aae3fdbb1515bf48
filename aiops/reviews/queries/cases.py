"""Which golden set a feature's graded outputs go to. Nothing here writes."""

from aiops.datasets.models import Case, Dataset
from aiops.features.models import Feature
from aiops.reviews.models import ReviewItem


def golden_set(feature: Feature) -> Dataset | None:
    """The feature's largest dataset; None where it has none."""
    return Dataset.objects.filter(feature=feature).order_by("-case_count", "name").first()


def new_set_name(feature: Feature) -> str:
    return f"{feature.slug}-reviewed"


def case_key(item: ReviewItem) -> str:
    return f"review-{item.pk}"


def case_from(item: ReviewItem) -> Case | None:
    """The case that this item became and that is still in the draft."""
    rows = Case.objects.filter(dataset__feature=item.feature_id, key=case_key(item), until=None)
    return rows.select_related("dataset").first()
