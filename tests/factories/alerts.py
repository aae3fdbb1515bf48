"""Alerts."""

from typing import Any

from aiops.alerts import actions
from aiops.alerts.models import Alert
from aiops.core.actors import SystemActor
from tests.factories.numbers import number


def make_alert(**values: Any) -> Alert:
    """An open warning, as a worker raises it."""
    facts = {
        "by": SystemActor("drift"),
        "key": f"drift:{number()}",
        "what": "Refusals rose",
        "link": "/calls/",
    }
    return actions.raise_alert(**{**facts, **values})
