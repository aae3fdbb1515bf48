"""PostgreSQL and Redis stopped under load: calls go on, nothing is lost or doubled, limits hold.

    python -m benchmarks.faults_servers [--seconds 30] [--connections 8]

Two gateways, three features: "free" has no budget, "paid" has one and a fixed text as fallback, "limited"
lets 60 calls a minute through. PostgreSQL is stopped for `--seconds`, started, and stopped again while a
fresh gateway starts from its copy of the decisions; then Redis is stopped, and started.
"""

import argparse
import contextlib
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks._callers import Answer, Callers, outcomes
from benchmarks._faults import Checks, Stage, chat_body, end_process, staged, unnamed
from benchmarks._ledgered import paid, recorded, settled

TEXT = {"kind": "text", "text": "Please try again later."}


def main() -> int:
    options, checks = _options(), Checks()
    with staged() as stage:
        budget = features(stage)
        stage.start_gateways(2)
        ids: list[str] = []
        with load(stage, options.connections) as (free, paying):
            time.sleep(3)
            without_postgres(stage, checks, free, paying, options.seconds)
        ids += [one.call for one in (*free.answers, *paying.answers)]
        print(f"     all records stored {settled(stage):.1f} s after the load")
        ids += from_the_copy(stage, checks, options.connections)
        ids += without_redis(stage, checks, options.connections)
        print(f"     all records stored {settled(stage):.1f} s after the load")
        recorded(checks, ids)
        paid(checks, budget)
    return checks.code


def features(stage: Stage) -> Any:
    from tests.factories import make_budget  # noqa: PLC0415 - needs the settings

    model = stage.model("late-0.02", output="0.001")
    stage.feature("free", model, cache={"on": False})
    feature = stage.feature("paid", model, cache={"on": False}, fallbacks=[TEXT], max_tokens=100)
    most = {"tenant": {"requests_per_minute": 60}}
    stage.feature("limited", model, cache={"on": False}, fallbacks=[TEXT], breaker=most)
    return make_budget(tenant=None, feature=feature, amount=1_000_000)


@contextlib.contextmanager
def load(stage: Stage, connections: int) -> Iterator[tuple[Callers, Callers]]:
    with calling(stage, "free", connections) as free, calling(stage, "paid", connections) as paying:
        yield free, paying


def calling(stage: Stage, feature: str, connections: int) -> Callers:
    body = lambda number: chat_body(feature, f"Where is parcel {number}?")  # noqa: E731 - one line
    return Callers(stage.chat, body, stage.headers, connections, pause=0.05)


def without_postgres(stage: Stage, checks: Checks, free: Callers, paying: Callers, seconds: float) -> None:
    stopped = time.monotonic()
    stage.stop("postgres")
    down = time.monotonic()
    time.sleep(seconds / 2)
    said = stage.ready()
    told = {name: said.get(name) for name in ("ready", "database", "records", "age", "spool_records")}
    checks((said.get("ready"), said.get("database")) == (True, "down"), f"/readyz says {told}")
    time.sleep(max(0.0, down + seconds - time.monotonic()))
    back = time.monotonic()
    stage.start("postgres")
    print(f"PostgreSQL was away for {time.monotonic() - down:.0f} s")
    again = stage.until(lambda: any(one.outcome == "answered" for one in paying.since(back + 1)), 60)
    time.sleep(3)
    during, budgeted = free.since(stopped, back), paying.since(down, back)
    good(checks, "without a budget, meanwhile", free.since(stopped), {"answered"})
    good(checks, "with a budget, meanwhile", paying.since(stopped), {"answered", "degraded budget"})
    checks(any(one.outcome == "degraded budget" for one in budgeted), "leases ran out: then the fallback")
    quick(checks, "without a budget", during)
    quick(checks, "with a budget", budgeted)
    checks(again < 10, f"budgets were there again {again:.1f} s after the start")


def good(checks: Checks, words: str, answers: Sequence[Answer], allowed: set[str]) -> None:
    found = outcomes(answers)
    checks(answers and set(found) <= allowed and not unnamed(answers), f"{words}: {found}")


def quick(checks: Checks, words: str, answers: Sequence[Answer]) -> None:
    """The deadline is 3 s, and a fallback has one more."""
    seconds = sorted(one.seconds for one in answers)
    p99 = seconds[int(0.99 * len(seconds))] * 1000
    p50, longest = statistics.median(seconds) * 1000, seconds[-1] * 1000
    checks(longest < 4100 and p99 < 2500, f"{words}: p50 {p50:.0f}, p99 {p99:.0f}, longest {longest:.0f} ms")


def from_the_copy(stage: Stage, checks: Checks, connections: int) -> list[str]:
    """A gateway that starts while the database is away; the ids of the calls it answered."""
    for process in stage.gateways:
        end_process(process)
    stage.stop("postgres")
    stage.gateway()
    waited = stage.until(lambda: stage.ready().get("ready"), 60)
    said = stage.ready()
    checks(
        said["database"] == "down",
        f"with the database away one was ready after {waited:.1f} s, revision {said['revision']}",
    )
    with load(stage, connections) as (free, paying):
        time.sleep(3)
        stage.start("postgres")
        stage.until(lambda: stage.ready().get("database") == "up", 30)
        time.sleep(3)
    good(checks, "from its copy, without a budget", free.answers, {"answered"})
    good(checks, "from its copy, with a budget", paying.answers, {"answered", "degraded budget"})
    checks(paying.answers[-1].outcome == "answered", "with the database back, budgets are too")
    return [one.call for one in (*free.answers, *paying.answers)]


def without_redis(stage: Stage, checks: Checks, connections: int) -> list[str]:
    """Limits become local ones; the ids of the calls."""
    from aiops.flags.models import GatewayProcess  # noqa: PLC0415 - needs the settings

    stage.start_gateways(1)
    stage.until(lambda: stage.ready().get("processes") == 2, 30)
    checks(stage.ready()["rate_limits"] == "shared", "with Redis: rate limits are shared")
    local = GatewayProcess.objects.filter(local_limits=True)
    with load(stage, connections) as (free, paying):
        time.sleep(1)
        stopped = time.monotonic()
        stage.stop("redis")
        waited = stage.until(lambda: local.count() == 2, 90)
        print(f"     both gateways say so on the Health page after {waited:.1f} s")
        checks(
            stage.ready()["rate_limits"] == "local", "without Redis: /readyz says that rate limits are local"
        )
        limited = a_whole_minute(stage, checks)
        gone = free.since(stopped)
        stage.start("redis")
        waited = stage.until(lambda: not local.count(), 30)
        print(f"     and that they are shared again after {waited:.1f} s")
    good(checks, "meanwhile, without a budget", gone, {"answered"})
    quick(checks, "meanwhile", gone)
    return [one.call for one in (*free.answers, *paying.answers, *limited)]


def a_whole_minute(stage: Stage, checks: Checks) -> list[Answer]:
    """Calls of "limited" from the beginning of a minute of the clock."""
    time.sleep(60 - time.time() % 60 + 0.1)
    with calling(stage, "limited", 8) as callers:
        time.sleep(8)
    found = outcomes(callers.answers)
    passed = found.get("answered", 0)
    good(checks, "60 a minute, each process half", callers.answers, {"answered", "degraded rate_limit"})
    checks(passed <= 60, f"{passed} of at most 60 passed")
    return callers.answers


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0, help="without PostgreSQL")
    parser.add_argument("--connections", type=int, default=8)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
