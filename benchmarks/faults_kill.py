"""`kill -9` of gateways under load: every call whose answer arrived is recorded, once, and paid, once.

    python -m benchmarks.faults_kill [--kills 3] [--connections 32] [--seconds 3]

Two gateway processes on one port, a budget over all calls, a vendor that takes 20 ms. One of the two is
killed while calls are under way, another started in its place, and so on. The living take over the spools
of the dead. Calls under way at a death break off for their callers; those may or may not be recorded.
"""

import argparse
import signal
import sys
import time

from benchmarks._callers import Callers, outcomes
from benchmarks._faults import Checks, chat_body, staged, unnamed
from benchmarks._ledgered import held, paid, recorded, settled


def main() -> int:
    options, checks = _options(), Checks()
    with staged() as stage:
        from tests.factories import make_budget  # noqa: PLC0415 - needs the settings

        feature = stage.feature("summary", stage.model("late-0.02"), cache={"on": False})
        budget = make_budget(tenant=None, feature=feature, amount=100_000)
        stage.start_gateways(2)
        body = lambda number: chat_body("summary", f"Where is parcel {number}?")  # noqa: E731 - one line
        with Callers(stage.chat, body, stage.headers, options.connections) as callers:
            for _ in range(options.kills):
                time.sleep(options.seconds)
                victim = next(one for one in stage.gateways if one.poll() is None)
                victim.send_signal(signal.SIGKILL)
                victim.wait()
                stage.start_gateways(1)
            time.sleep(options.seconds)
        answers = list(callers.answers)
        print(f"{len(answers):,} answers {outcomes(answers)}, {callers.broken} connections broke")
        print(f"all spools read {settled(stage):.1f} s after the load")
        checks(callers.broken, f"{options.kills} gateways were killed with calls under way")
        checks(not unnamed(answers), f"{len(unnamed(answers))} errors that the contract does not name")
        rows = recorded(checks, [one.call for one in answers])
        print(f"     {rows - len(answers)} records of calls whose answer nobody got")
        waited = stage.until(lambda: not held(budget), 60)
        print(f"ok   nothing is held {waited:.1f} s later")
        paid(checks, budget)
    return checks.code


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=3.0, help="of load before each kill")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
