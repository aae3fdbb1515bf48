"""What a gateway adds where the vendor takes its time: 50 ms a call, 64 connections.

    python -m benchmarks.gateway_latency [--seconds 10]

The baseline is the same load straight at the vendor, in the same run.
"""

import argparse
import sys

from benchmarks._gateway import PORT, gateways, stage
from benchmarks._load import load
from benchmarks.gateway_calls import POLICY, _budget, fresh

LATENCY = 0.05  # seconds
AT_ONCE = 64


def main() -> int:
    options = _options()
    url = f"http://127.0.0.1:{PORT}/v1/chat/completions"
    with stage(latency=LATENCY, policy=POLICY) as set_up:
        headers = {"authorization": f"Bearer {set_up['key']}"}
        _budget()
        with gateways(set_up["folder"]):
            load(url, fresh, headers, connections=8, seconds=2)  # everything is imported and open
            vendor = f"{set_up['url']}/v1/chat/completions"
            straight = load(vendor, fresh, headers, connections=AT_ONCE, seconds=options.seconds / 2)
            through = load(url, fresh, headers, connections=AT_ONCE, seconds=options.seconds)
    for name, measured in (("straight", straight), ("through", through)):
        times = " ".join(f"p{100 * q:g} {measured.quantile(q):.1f}" for q in (0.5, 0.95, 0.99))
        print(f"{name}: {measured.rate:,.0f}/s {times} ms {measured.statuses}")
    ratio = through.quantile(0.99) / straight.quantile(0.99)
    print(f"p99 {through.quantile(0.99):.1f} ms (bound {options.at_most:g} ms), ratio {ratio:.2f}")
    return 0 if through.quantile(0.99) <= options.at_most else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--at-most", type=float, default=65, help="ms at p99; exit 1 above")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
