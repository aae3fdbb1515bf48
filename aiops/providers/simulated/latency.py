"""How long a simulated model takes: lognormal around a median that depends on its tier."""

import math
from statistics import NormalDist

from aiops.providers.simulated.brief import Tier

MEDIAN_MS: dict[Tier, float] = {"small": 250.0, "large": 700.0}
_SPREAD = 0.35  # p95 is 1.8 times the median
_LEAST_MS = 40.0


def milliseconds(tier: Tier, draw: float) -> float:
    """The latency at quantile `draw` (0 to 1) of the tier's distribution."""
    within = min(max(draw, 0.0005), 0.9995)
    return max(_LEAST_MS, MEDIAN_MS[tier] * math.exp(_SPREAD * NormalDist().inv_cdf(within)))
