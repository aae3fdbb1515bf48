"""A router asked for: two runs over the same cases."""

from aiops.approaches import actions as approaches
from aiops.approaches.models import FeatureTraining
from aiops.core.actors import Actor
from aiops.core.errors import InvalidInput
from aiops.evaluations import routing
from aiops.evaluations.models import Run

MARGIN = 0.05
MOST_MARGIN = 0.5


def train_router(
    *, by: Actor, small: Run, large: Run, margin: float = MARGIN, note: str = ""
) -> FeatureTraining:
    """Let a worker learn where the small run's model does what the large one's does.

    `margin`: what a category may lose, 0 to 1. InvalidInput where the two runs can't be held side by side,
    Conflict where a router of the feature is being trained.
    """
    if words := routing.problem(small, large):
        raise InvalidInput(words)
    if not 0 < margin <= MOST_MARGIN:
        raise InvalidInput("The margin is above 0, and 50 points at most.")
    wanted = {"small_run": small.pk, "large_run": large.pk, "margin": margin}
    return approaches.start_learning(
        by=by,
        feature=large.feature,
        kind=FeatureTraining.Kind.ROUTER,
        dataset_version=large.dataset_version,
        wanted=wanted,
        note=note,
    )
