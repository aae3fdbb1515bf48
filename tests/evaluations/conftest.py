"""A provider in memory behind every run of these tests, and no waiting."""

import pytest

from aiops.evaluations import asking
from tests.evaluations.stage import MemoryProvider

QUICK = {
    "heartbeat": 0.2,
    "lost": 1.0,
    "dispatch_again": 0.5,
    "batch": 0.02,
    "parallel": 2,
    "look_for_workers": 0.1,
}


@pytest.fixture(autouse=True)
def quick(settings):
    settings.EVALUATIONS = QUICK


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """Names and arguments of the tasks that were sent."""
    messages = []
    monkeypatch.setattr(
        "celery.current_app.send_task", lambda name, args=(), **_options: messages.append((name, *args))
    )
    return messages


@pytest.fixture
def provider(monkeypatch):
    """Every provider of the catalog is this one."""
    memory = MemoryProvider()
    monkeypatch.setattr(asking, "open_provider", lambda _row: memory)
    return memory
