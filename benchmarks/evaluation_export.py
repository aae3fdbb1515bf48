"""How 100,000 results leave as a file: time to the first byte, rows a second, and the memory that it takes.

    python -m benchmarks.evaluation_export [--cases 100000] [--megabytes 60]

Each format is streamed in a process of its own, as the console does it; what counts is how far its memory
grows while it streams.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._runs import make_runs, server

FORMATS = ("csv", "jsonl")


def main() -> int:
    options = _options()
    if options.stream:
        return _stream(options.stream, options.run)
    with tempfile.TemporaryDirectory(prefix="aiops-bench-", dir="/tmp") as name, server(Path(name)):
        run = make_runs(1, options.cases)[0]
        return max(_measured(form, run.pk, options.megabytes) for form in FORMATS)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--megabytes", type=float, default=60, help="exit 1 where memory grows by more")
    parser.add_argument("--stream", choices=FORMATS, help=argparse.SUPPRESS)
    parser.add_argument("--run", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def _measured(form: str, run: int, megabytes: float) -> int:
    command = [sys.executable, "-m", "benchmarks.evaluation_export", "--stream", form, "--run", str(run)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    first, seconds, size, rows, grown = (float(word) for word in answer)
    print(
        f"{form}: first byte after {first * 1000:.0f} ms, {rows:,.0f} rows in {seconds:.1f} s "
        f"({rows / seconds:,.0f} a second, {size / 1e6:.0f} MB), memory grew by {grown:.0f} MB "
        f"({grown / megabytes:.2f} of its bound)"
    )
    return 0 if grown <= megabytes else 1


def _stream(form: str, run: int) -> int:
    """In the process of its own: ask once for something small, then stream, and print the five numbers."""
    import django  # noqa: PLC0415 - the settings read the environment of the parent

    django.setup()
    from django.conf import settings  # noqa: PLC0415 - needs the settings
    from django.test import Client  # noqa: PLC0415 - needs the settings

    from tests.factories import make_user  # noqa: PLC0415 - needs the settings

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(make_user(email=f"{form}@benchmark.test", roles=["administrator"]))
    address = f"/evaluations/{run}/results.{form}"
    b"".join(client.get(f"{address}?locale=ja&category=nothing"))
    before, start = _peak(), time.monotonic()
    body = iter(client.get(address))
    size, rows = len(next(body)), 0
    first = time.monotonic() - start
    for part in body:
        size += len(part)
        rows += part.count(b"\n")
    print(first, time.monotonic() - start, size, rows, _peak() - before)
    return 0


def _peak() -> float:
    """Megabytes that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
