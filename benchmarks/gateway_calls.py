"""Calls a second through one gateway process, and what it adds to a call.

    python -m benchmarks.gateway_calls [--seconds 10]

Real parts only: PostgreSQL, Redis, a gateway process, a vendor over HTTP that answers at once; they and the
load share this machine. Key, kill switch, exact cache (each prompt is new), rate limits, budgets, router,
guardrails and record are on. The baselines, in the same run: the same load straight at the vendor, and
through a forwarder that only passes requests on: what this machine gives to any gateway in Python.
"""

import argparse
import json
import sys
from typing import Any

from benchmarks._gateway import FEATURE, PORT, forwarder, gateways, memory_mb, stage
from benchmarks._load import Measured, load

POLICY: dict[str, Any] = {"breaker": {"tenant": {"requests_per_minute": 10_000_000, "concurrency": 100_000}}}
HIT = b'{"model":"summary","messages":[{"role":"user","content":"The same question every time."}]}'


def main() -> int:
    options = _options()
    url = f"http://127.0.0.1:{PORT}/v1/chat/completions"
    with stage(policy=POLICY) as set_up:
        headers = {"authorization": f"Bearer {set_up['key']}"}
        _budget()
        with gateways(set_up["folder"]) as (process,):
            load(url, fresh, headers, connections=8, seconds=2)  # everything is imported and open
            alone = _pair(set_up["url"], url, fresh, headers, 1, options.seconds / 2)
            _say("1 connection", alone)
            many = _pair(set_up["url"], url, fresh, headers, 64, options.seconds)
            _say("64 connections", many)
            with forwarder(set_up["url"]) as bare:
                passed = load(bare, fresh, headers, connections=64, seconds=options.seconds / 2)
            ratio = passed.rate / many[1].rate
            print(f"bare forwarder: {passed.rate:,.0f}/s, ratio to the gateway {ratio:.1f}")
            hits = load(url, lambda _: HIT, headers, connections=64, seconds=options.seconds / 2)
            print(f"cache hits: {hits.rate:,.0f}/s p99 {hits.quantile(0.99):.1f} ms {hits.statuses}")
            print(f"memory {memory_mb(process.pid):.0f} MB after {_stored(many[1])} calls")
    added = alone[1].quantile(0.5) - alone[0].quantile(0.5)
    print(f"p50 overhead at 1 connection: {added:.2f} ms (bound {options.at_most} ms)")
    print(f"calls a second: {many[1].rate:,.0f} (bound {options.at_least:,.0f})")
    print(f"cache hits a second: {hits.rate:,.0f} (bound {options.hits_at_least:,.0f})")
    kept = many[1].rate >= options.at_least and hits.rate >= options.hits_at_least
    return 0 if kept and added <= options.at_most else 1


def fresh(number: int) -> bytes:
    """A question that nobody asked before."""
    return json.dumps(
        {"model": FEATURE, "messages": [{"role": "user", "content": f"Where is parcel {number} of today?"}]}
    ).encode()


def _pair(vendor: str, url: str, body: Any, headers: dict[str, str], at_once: int, seconds: float) -> Any:
    straight = load(f"{vendor}/v1/chat/completions", body, headers, connections=at_once, seconds=seconds / 2)
    return straight, load(url, body, headers, connections=at_once, seconds=seconds)


def _say(name: str, pair: tuple[Measured, Measured]) -> None:
    straight, through = pair
    print(
        f"{name}: straight {straight.rate:,.0f}/s p50 {straight.quantile(0.5):.2f} ms; through "
        f"{through.rate:,.0f}/s p50 {through.quantile(0.5):.2f} p99 {through.quantile(0.99):.2f} ms "
        f"{through.statuses}; ratio {straight.rate / through.rate:.1f}"
    )


def _budget() -> None:
    """A budget that applies to every call, and is never reached."""
    from aiops.budgets.models import Budget  # noqa: PLC0415 - needs the settings

    Budget.objects.create(period="month", amount=1_000_000)


def _stored(measured: Measured) -> str:
    from aiops.gateway.models import Call  # noqa: PLC0415 - needs the settings

    return f"{Call.objects.count():,} stored of {len(measured.latencies):,} and more"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--at-least", type=float, default=2000, help="calls a second; exit 1 below")
    parser.add_argument("--hits-at-least", type=float, default=6000, help="cache hits a second; as above")
    parser.add_argument("--at-most", type=float, default=1.0, help="ms of p50 overhead; exit 1 above")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
