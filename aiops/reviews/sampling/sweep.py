"""All features' turns at the sampler: what is over is drawn; a feature that fails stops no other."""

import time

import structlog

from aiops.reviews.models import SamplingPolicy
from aiops.reviews.sampling.batches import draw_next

log = structlog.get_logger(__name__)

SECONDS = 240.0  # that one sweep takes at most; the next one goes on


def draw_all() -> int:
    """Draw what is due; how many hours that were."""
    ends, drawn = time.monotonic() + SECONDS, 0
    for policy, slug in (
        SamplingPolicy.objects.filter(on=True).order_by("pk").values_list("pk", "feature__slug")
    ):
        try:
            while time.monotonic() < ends and draw_next(policy):
                drawn += 1
        except Exception:
            log.exception("sampling_failed", feature=slug)
    return drawn
