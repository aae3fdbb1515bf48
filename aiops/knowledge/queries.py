"""Named questions about what is searched. Nothing here writes."""

from aiops.features.models import Feature
from aiops.knowledge.models import Knowledge


def revision(feature: Feature) -> int:
    """How often what the feature may find has changed; 0: it has no documents yet."""
    return Knowledge.objects.filter(feature=feature).values_list("revision", flat=True).first() or 0
