"""How long the pages of large evaluations take: a run, five runs side by side, their cases as a matrix.

    python -m benchmarks.evaluation_pages [--cases 10000] [--runs 5] [--times 15] [--at-most 300]

Whole requests through Django's handler on a PostgreSQL as `up` runs it. The first request of each kind stands
apart: it reads the results, and keeps the run by columns for those that follow. The ratio is against the
list of features, asked for in turn with the others, so that a busy machine slows down both.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks._runs import make_runs, server


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="aiops-bench-", dir="/tmp") as name, server(Path(name)):
        runs = make_runs(options.runs, options.cases)
        return 0 if _pages(runs, options) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--times", type=int, default=15, help="how often each page is asked for")
    parser.add_argument("--at-most", type=float, default=300, help="ms; exit 1 where a median is above")
    return parser.parse_args()


def _addresses(runs: list[Any]) -> dict[str, str]:
    asked = "&".join(f"run={run.pk}" for run in runs)
    matrix = f"/evaluations/compare/matrix/?{asked}"
    case = runs[0].results.values_list("case_id", flat=True)[len(runs)]
    return {
        "run": f"/evaluations/{runs[0].pk}/",
        "run, one scorer": f"/evaluations/{runs[0].pk}/?scorer=length",
        "results of a run": f"/evaluations/{runs[0].pk}/results/",
        "comparison": f"/evaluations/compare/?{asked}",
        "matrix": matrix,
        "matrix, last page": f"{matrix}&page=9999",
        "matrix, flipped": f"{matrix}&show=flipped&order=worst",
        "matrix, scorers disagree": f"{matrix}&show=scorers&scorer=exact&other=contains&locale=ja",
        "a case": f"/evaluations/compare/case/?{asked}&case={case}",
    }


def _pages(runs: list[Any], options: argparse.Namespace) -> bool:
    from django.test import Client  # noqa: PLC0415 - needs the settings

    from tests.factories import make_user  # noqa: PLC0415 - needs the settings

    client = Client()
    client.force_login(make_user(roles=["administrator"]))
    _ask(client, "/features/")  # templates are compiled once
    addresses = _addresses(runs)
    for name, address in addresses.items():
        print(f"{name}, first: {_ask(client, address)[0]:.0f} ms")
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in addresses}
    baseline = []
    for _ in range(options.times):
        baseline.append(_ask(client, "/features/")[0])
        for name, address in addresses.items():
            taken[name].append(_ask(client, address))
    usual = statistics.median(baseline)
    print(f"list of features (baseline): median {usual:.0f} ms, at most {max(baseline):.0f} ms")
    held = [_holds(name, each, usual, options.at_most) for name, each in taken.items()]
    return all(held)


def _ask(client: Any, address: str) -> tuple[float, float]:
    """Milliseconds until the page is whole, and of this process's own work."""
    start, work = time.monotonic(), time.process_time()
    response = client.get(address)
    if response.status_code != 200:
        raise SystemExit(f"{address}: status {response.status_code}")
    return (time.monotonic() - start) * 1000, (time.process_time() - work) * 1000


def _holds(name: str, each: list[tuple[float, float]], usual: float, limit: float) -> bool:
    median, most = statistics.median(ms for ms, _ in each), max(ms for ms, _ in each)
    work = statistics.median(ms for _, ms in each)
    print(
        f"{name}: median {median:.0f} ms ({median / limit:.2f} of its bound, {median / usual:.1f} times the "
        f"baseline), at most {most:.0f} ms, {work:.0f} ms of it in Python"
    )
    return median <= limit


if __name__ == "__main__":
    sys.exit(main())
