"""The settings of real workers under test: the project's own, on shorter clocks."""

from aiops.settings import *  # noqa: F403 - the settings under test, whole

EVALUATIONS = {"heartbeat": 0.5, "lost": 2.5, "dispatch_again": 2.0, "parallel": 2, "shard_least": 20}
CELERY_BEAT_SCHEDULE = {"sweep": {"task": "evaluations.sweep", "schedule": 1.0, "options": {"expires": 3}}}
