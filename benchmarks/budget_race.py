"""Calls that race for a budget's last dollars, over several gateways, and with one of them killed.

    python -m benchmarks.budget_race [--calls 1000] [--gateways 4]

Each call costs at most $0.10, and exactly that; the budget is $5.00. Never more than 50 may reach the vendor,
and at least 48 must; a minute later nothing is held. Then the same with a process killed while the vendor is
answering: what the vendor really was asked for still fits, and holds without a result count at their worst.
"""

import argparse
import asyncio
import signal
import sys
import threading
import time
from decimal import Decimal
from typing import Any

from benchmarks._callers import ask_all, outcomes
from benchmarks._faults import Checks, Stage, chat_body, staged, unnamed
from benchmarks._ledgered import held, paid, settled

PRICE = Decimal("0.10")
FIVE = Decimal(5)


def main() -> int:
    options, checks = _options(), Checks()
    with staged() as stage:
        whole = race(stage, "race", "late-0.3")
        halved = race(stage, "race-killed", "late-1")
        stage.start_gateways(options.gateways)
        print(f"{options.calls:,} calls at once over {options.gateways} gateways, $5.00 for all of them")
        answers = run(stage, "race", options.calls)
        asked = stage.asked()["late-0.3"]
        admitted = report(checks, stage, whole, answers, asked)
        checks(48 <= admitted <= 50, f"{admitted} of 50 admitted")
        checks(admitted == asked["asked"], f"the vendor was asked {asked['asked']} times")

        print("the same, one process killed while the vendor is answering")
        killer = threading.Thread(target=kill, args=(stage, halved))
        killer.start()
        answers = run(stage, "race-killed", options.calls)
        killer.join()
        asked = stage.asked()["late-1"]
        admitted = report(checks, stage, halved, answers, asked)
        checks(
            asked["asked"] * PRICE <= FIVE, f"the vendor was asked {asked['asked']} times, never above $5.00"
        )
        lost(checks, asked["asked"] - admitted)
    return checks.code


def race(stage: Stage, slug: str, kind: str) -> Any:
    """A feature of which a call costs ten cents at most, and a budget of five dollars for it."""
    from tests.factories import make_budget  # noqa: PLC0415 - needs the settings

    model = stage.model(kind, output="0.001")
    feature = stage.feature(slug, model, max_tokens=100, deadline_seconds=20, cache={"on": False})
    return make_budget(tenant=None, feature=feature, amount=FIVE)


def run(stage: Stage, slug: str, calls: int) -> list[Any]:
    bodies = [chat_body(slug, f"Where is parcel {number}?") for number in range(calls)]
    return asyncio.run(ask_all(stage.chat, bodies, stage.headers))


def kill(stage: Stage, budget: Any) -> None:
    """Kill the process that has leased most, once the vendor is at work."""
    from django.db import connection  # noqa: PLC0415 - needs the settings

    from aiops.budgets.models import Lease  # noqa: PLC0415 - as above

    stage.until(lambda: stage.asked().get("late-1", {}).get("asked", 0) >= 20, 30)
    most = Lease.objects.filter(period__budget=budget, state="open").order_by("-granted").first()
    pid = int(most.instance.rsplit("-", 2)[1]) if most else 0
    next(one for one in stage.gateways if one.pid == pid).send_signal(signal.SIGKILL)
    connection.close()


def report(checks: Checks, stage: Stage, budget: Any, answers: list[Any], asked: dict[str, int]) -> int:
    """How many calls were answered. What is held, and what the budget was charged, is checked."""
    ended = time.monotonic()
    came = [one for one in answers if one is not None]
    print(f"     {outcomes(came)}, {len(answers) - len(came)} connections broke, vendor {asked}")
    wrong = unnamed(came)
    checks(not wrong, f"{len(wrong)} errors that the contract does not name {wrong[:3]}")
    stage.until(lambda: not held(budget), 60)
    settled(stage)
    checks(not held(budget), f"nothing is held {time.monotonic() - ended:.1f} s later")
    spent = paid(checks, budget)
    checks(spent <= FIVE, f"${spent} of $5.00 spent")
    checks(spent >= asked["asked"] * PRICE, "no less than the vendor was asked for")
    return sum(one.status == 200 for one in came)


def lost(checks: Checks, most: int) -> None:
    """Calls of the killed process that were with the vendor: recorded as lost, at their worst case."""
    from aiops.gateway.models import Call  # noqa: PLC0415 - needs the settings

    rows = Call.objects.filter(reason="lost")
    costs = set(rows.values_list("cost", flat=True))
    checks(
        costs <= {PRICE} and rows.count() >= most,
        f"{rows.count()} holds without a result, each at its worst case",
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--gateways", type=int, default=4)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
