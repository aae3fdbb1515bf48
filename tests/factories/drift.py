"""Windows of a feature's calls, as the collector keeps them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from aiops.core import clock
from aiops.monitoring.drift import collecting, windows
from aiops.monitoring.drift.facts import Light, Texts
from aiops.monitoring.models import DriftCheck, DriftReading
from tests.factories.prompts import make_feature

GOOD = "The parcel has not arrived yet, and the customer asks for the money back."
REFUSAL = "I'm sorry, but I cannot help with that request about your parcel today."


def make_windows(
    feature: str,
    first: datetime,
    hours: int,
    *,
    each: timedelta = timedelta(days=1),
    calls: int = 120,
    serving: str = "reply v1",
    candidate: bool = False,
    refusing: Callable[[int], bool] = lambda number: number % 20 == 0,
    asked: str = "Where is my parcel?",
    locale: Callable[[int], str] = lambda number: "ja" if number % 4 == 0 else "en",
    category: Callable[[int], str] = lambda number: "refund" if number % 3 else "delivery",
) -> None:
    """`hours` windows, `each` apart, of the same `calls` calls; `refusing` says which of them decline."""
    rows = [
        Light(
            id=f"call_{first:%Y%m%d%H}{number:016}", tenant="acme", user=f"u{number % 40}",
            locale=locale(number), category=category(number), serving=serving, candidate=candidate,
            answered=True, failed=None, cost=0.001 * (1 + number % 5), latency_ms=300 + number % 50,
        )
        for number in range(calls)
    ]  # fmt: skip  # arguments by what they belong to
    texts = {
        row.id: Texts({"ticket": asked}, REFUSAL if refusing(number) else GOOD, None)
        for number, row in enumerate(rows)
    }
    made = windows.made(rows, texts)
    for place in range(hours):
        collecting.keep(feature, first + place * each, {(serving, candidate): made})


def make_reading(feature: str = "", at: datetime | None = None, **values: Any) -> DriftReading:
    """A reading of the day of `at` that says drift, of refusals unless told otherwise."""
    start = (at or clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    check, _ = DriftCheck.objects.get_or_create(
        feature=feature or make_feature().slug,
        pace="day",
        start=start,
        defaults={"until": start + timedelta(days=1), "calls": 250, "limit": 180, "false_pages": 1},
    )
    facts: dict[str, Any] = {
        "signal": "refusals", "against": "own", "state": "DRIFT", "n": 250, "n_reference": 2500,
        "value": 0.11, "before": 0.06, "p": 0.001, "p_adjusted": 0.01, "is_practical": True,
        "facts": {"method": "chi2", "same": "same hours of the week", "days": 28},
    }  # fmt: skip  # pairs, read as a table
    return DriftReading.objects.create(check_of=check, **{**facts, **values})
