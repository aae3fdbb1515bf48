"""How often and how long, in seconds; a settings file may say otherwise (tests do)."""

import os
from dataclasses import dataclass, fields

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Timing:
    """`lost` must be several heartbeats: a worker silent for so long is taken for dead, its work given
    away.
    """

    heartbeat: float = 2.0
    lost: float = 15.0
    dispatch_again: float = 12.0  # a task that no worker took may have been lost with the broker
    batch: float = 0.2
    batch_results: int = 200
    database_patience: float = 60.0
    look_for_workers: float = 4.0
    shard_work: int = 1000  # at most so many calls before a worker looks at other runs again
    shard_least: int = 50
    parallel: int = max(2, os.cpu_count() or 2)  # shards of one run that share a provider's concurrency


def timing() -> Timing:
    """The timing in force: `EVALUATIONS` in the settings overrides single values."""
    given = getattr(settings, "EVALUATIONS", {})
    known = {field.name for field in fields(Timing)}
    return Timing(**{name: value for name, value in given.items() if name in known})
