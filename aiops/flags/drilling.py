"""A drill from its stop to its landing: some seconds at most, until every live gateway has it."""

import time

from aiops.accounts.models import User
from aiops.flags import actions, queries
from aiops.flags.models import Landing

PATIENCE = 5.0  # seconds; a stop lands in a fraction of one
_TICK = 0.05


def drill(by: User, patience: float = PATIENCE) -> Landing:
    """Throw, wait, lift. Call it outside of a transaction: gateways hear of what is committed."""
    thrown = actions.start_drill(by=by)
    until = time.monotonic() + patience
    thrown.refresh_from_db()
    while not queries.spread(thrown.revision, thrown.published_at).complete and time.monotonic() < until:
        time.sleep(_TICK)
    return actions.end_drill(by=by, stop=thrown)
