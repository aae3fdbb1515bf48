"""How long 100,000 golden cases take to import, and how fast their list answers afterwards.

    python -m benchmarks.datasets_import [--cases 100000] [--pages 20]

The import is the command that people type, in a process of its own, on a PostgreSQL as `up` runs it. Bounds:
60 s and 500 MB for the import, 150 ms for the 95th percentile of every kind of list page.
"""

import argparse
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS, MEGABYTES, MILLISECONDS = 60, 500, 150
PAGES = {
    "first page": "",
    "page in the middle": "page=1000",
    "last page": "page=2000",
    "by category": "category=cat3",
    "by category and locale": "category=cat4&locale=ja",
    "by tag": "tag=rare",
    "by a word in all": "text=topic",
    "by a rare word": "text=98765",
    "by Japanese": "text=配送",
    "by words and category": "text=message+topic&category=cat1",
    "of a version": "version=1",
}


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="aiops-bench-", dir="/tmp") as name, _server(Path(name)):
        manage("migrate", "--verbosity", "0")
        path = Path(name) / "cases.jsonl"
        _write(path, options.cases)
        holds = _commands(path, Path(name))
        return 0 if _lists(options.pages) and holds else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--pages", type=int, default=20, help="how often each kind of page is asked for")
    return parser.parse_args()


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[None]:
    from aiops.operations.postgres import Postgres, stop  # noqa: PLC0415 - not for --help

    server = Postgres(folder / "postgres", folder / "run")
    server.prepare()
    process = server.start(folder / "postgres.log")
    try:
        server.wait()
        server.ensure_database("aiops")
        (folder / "home" / "static").mkdir(parents=True)
        os.environ.update(  # noqa: TID251 - for this program and those it starts
            DJANGO_SETTINGS_MODULE="aiops.settings",
            DATABASE_URL=server.url("aiops"),
            AIOPS_HOME=str(folder / "home"),
        )
        yield
    finally:
        from django.db import connections  # noqa: PLC0415 - as above

        with contextlib.suppress(Exception):
            connections.close_all()
        stop(process)


def manage(*arguments: str) -> float:
    """Seconds that the command takes; its failure ends the program."""
    start = time.monotonic()
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def _write(path: Path, cases: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for n in range(cases):
            japanese = n % 5 == 0
            message = (
                f"メッセージ{n}、配送について教えてください。"
                if japanese
                else f"Message number {n}, on topic {n % 997}."
            )
            values = {"category": f"cat{n % 8}", "locale": "ja" if japanese else "en"}
            tags = ["rare"] if n % 1000 == 0 else []
            case = {"id": f"c{n}", "inputs": {"message": message}, "expected": f"topic-{n % 97}", **values}
            file.write(json.dumps({**case, "tags": tags, "metadata": {}}, ensure_ascii=False) + "\n")


def _commands(path: Path, folder: Path) -> bool:
    seconds = manage("datasets", "import", str(path), "--name", "bench")
    megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"import: {seconds:.1f} s ({seconds / SECONDS:.2f} of its bound), at most {megabytes:.0f} MB")
    print(f"the same file again: {manage('datasets', 'import', str(path), '--name', 'bench'):.1f} s")
    print(f"freeze: {manage('datasets', 'freeze', 'bench'):.1f} s")
    out = folder / "out.jsonl"
    print(f"export: {manage('datasets', 'export', 'bench', '--out', str(out)):.1f} s")
    if out.read_bytes() != path.read_bytes():
        raise SystemExit("the export is not the file that was imported")
    return seconds <= SECONDS and megabytes <= MEGABYTES


def _lists(times: int) -> bool:
    import django  # noqa: PLC0415 - the settings read the environment that was set above

    django.setup()
    from django.conf import settings  # noqa: PLC0415 - needs the settings
    from django.test import Client  # noqa: PLC0415 - needs the settings

    from tests.factories import make_user  # noqa: PLC0415 - needs the settings

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(make_user(roles=["administrator"]))
    client.get("/datasets/bench/")  # templates are compiled once
    held = [_measured(client, name, query, times) for name, query in PAGES.items()]
    return all(held)


def _measured(client: object, name: str, query: str, times: int) -> bool:
    each = []
    for _ in range(times):
        start = time.monotonic()
        response = client.get(f"/datasets/bench/?{query}")  # type: ignore[attr-defined]  # a test client
        each.append((time.monotonic() - start) * 1000)
        if response.status_code != 200 or b"case-id" not in response.content:
            raise SystemExit(f"{name}: status {response.status_code}, or no case")
    p95 = statistics.quantiles(each, n=20)[-1] if len(each) > 1 else each[0]
    share = p95 / MILLISECONDS
    print(
        f"list, {name}: median {statistics.median(each):.0f} ms, p95 {p95:.0f} ms ({share:.2f} of its bound)"
    )
    return p95 <= MILLISECONDS


if __name__ == "__main__":
    sys.exit(main())
