"""Windows of a feature's calls, as the collector keeps them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from aiops.monitoring.drift import collecting, windows
from aiops.monitoring.drift.facts import Light, Texts

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
