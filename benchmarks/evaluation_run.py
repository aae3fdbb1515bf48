"""How long an evaluation of 1,000 cases takes, from "queued" to finished and stored.

    python -m benchmarks.evaluation_run [--cases 1000] [--latency 0.05] [--at-once 50] [--times 5]

Real parts only: PostgreSQL, Redis, a Celery worker with two processes, and a model server in a process of its
own that answers after `--latency` seconds. The time is the run's own: `finished_at - created_at` from its
row. The floor is cases x latency / at-once: no program that keeps to the limit can be faster.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LABELS = ("refund", "delivery", "account", "billing")


def main() -> int:
    options = _options()
    with (
        tempfile.TemporaryDirectory(prefix="aiops-bench-", dir="/tmp") as folder,
        contextlib.ExitStack() as parts,
    ):
        _servers(Path(folder), parts)
        base_url = _model_server(parts, options.latency)
        import django  # noqa: PLC0415 - the settings read the environment that was set above

        django.setup()
        from django.core.management import call_command  # noqa: PLC0415 - needs the settings

        call_command("migrate", verbosity=0)
        setting = _cases_and_prompt(options, base_url)
        _worker(Path(folder), parts)
        seconds = [_measure(setting, options.cases) for _ in range(options.times)]
    floor = options.cases * options.latency / options.at_once
    median = statistics.median(seconds)
    print(f"each: {', '.join(f'{one:.2f}' for one in seconds)} s")
    print(f"median {median:.2f} s, floor {floor:.2f} s, ratio {median / floor:.2f}")
    return 0 if median <= options.at_most else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds that the model server takes")
    parser.add_argument("--at-once", type=int, default=50, help="the provider's concurrency")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument(
        "--at-most", type=float, default=2.0, help="seconds; exit 1 where the median is above"
    )
    return parser.parse_args()


def _servers(folder: Path, parts: contextlib.ExitStack) -> None:
    """PostgreSQL and Redis as an operator has them: durable, on sockets; named in the environment."""
    from aiops.operations import launch  # noqa: PLC0415 - reads the environment when imported
    from aiops.operations.postgres import Postgres, stop  # noqa: PLC0415 - as above
    from aiops.operations.redis import Redis  # noqa: PLC0415 - as above

    postgres = Postgres(folder / "postgres", folder / "run")
    postgres.prepare()
    parts.callback(stop, postgres.start(folder / "postgres.log"))
    postgres.wait()
    postgres.ensure_database("aiops")
    redis = Redis(folder / "redis", folder / "redis-run" / "redis.sock")
    redis.prepare()
    parts.callback(launch.end, redis.start(folder / "redis.log"))
    redis.wait()
    os.environ.update(  # noqa: TID251 - sets the stage for the settings of this process and of the worker
        DJANGO_SETTINGS_MODULE="aiops.settings",
        DATABASE_URL=postgres.url("aiops"),
        REDIS_URL=redis.url,
        AIOPS_HOME=str(folder / "home"),
    )


def _model_server(parts: contextlib.ExitStack, latency: float) -> str:
    command = [
        "-m",
        "tests.fakes.model_server",
        "--latency",
        str(latency),
        "--answer",
        f"label:{','.join(LABELS)}",
    ]
    server = parts.enter_context(_process(command, stdout=subprocess.PIPE))
    return str(server.stdout.readline().decode().strip())


def _worker(folder: Path, parts: contextlib.ExitStack) -> None:
    command = ["-m", "celery", "-A", "aiops.celery", "worker", "--pool", "prefork", "--concurrency", "2"]
    log = parts.enter_context((folder / "worker.log").open("wb"))
    parts.enter_context(_process([*command, "--loglevel", "INFO"], stdout=log, stderr=log))
    deadline = time.monotonic() + 30
    while b"ready" not in (folder / "worker.log").read_bytes():
        if time.monotonic() > deadline:
            raise SystemExit((folder / "worker.log").read_text())
        time.sleep(0.1)


@contextlib.contextmanager
def _process(arguments: list[str], **options: Any) -> Iterator[Any]:
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def _cases_and_prompt(options: argparse.Namespace, base_url: str) -> dict[str, Any]:
    """1,000 tickets imported as people do it, a prompt, and a priced model on the server."""
    from aiops.core.actors import SystemActor  # noqa: PLC0415 - needs the settings
    from aiops.datasets import actions as datasets  # noqa: PLC0415 - needs the settings
    from aiops.evaluations.models import OnModel  # noqa: PLC0415 - needs the settings
    from tests.factories import make_feature, make_model, make_price, make_provider, make_version  # noqa: PLC0415 - as above

    by = SystemActor("benchmark")
    dataset = datasets.create_dataset(by=by, name="tickets")
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for number in range(options.cases):
            label = LABELS[number % len(LABELS)]
            case = {"id": f"t-{number}", "inputs": {"ticket": f"Ticket {number} about {label}."}}
            file.write(json.dumps({**case, "expected": label, "category": label, "locale": "en"}) + "\n")
        file.flush()
        datasets.import_cases(by=by, dataset=dataset, path=Path(file.name), format="jsonl")
    provider = make_provider(kind="openai_compatible", base_url=base_url, max_concurrency=options.at_once)
    model = make_model(provider=provider)
    make_price(model=model)
    return {
        "by": by,
        "feature": make_feature(),
        "dataset_version": datasets.freeze(by=by, dataset=dataset),
        "approach": OnModel(make_version(), model),
        "scorers": [{"type": "exact"}, {"type": "length", "most": 5}],
    }


def _measure(setting: dict[str, Any], cases: int) -> float:
    """Seconds of one run; refuses a run that has not exactly one result for each case."""
    from aiops.evaluations import actions  # noqa: PLC0415 - needs the settings
    from aiops.evaluations.models import Run, Score  # noqa: PLC0415 - needs the settings

    run = actions.start_run(**setting)
    deadline = time.monotonic() + 60
    while run.is_active and time.monotonic() < deadline:
        time.sleep(0.05)
        run = Run.objects.get(id=run.id)
    results = run.results.values("case").distinct().count()
    passed = Score.objects.filter(result__run=run, scorer="exact", passed=True).count()
    if (run.state, run.done, results, passed) != ("finished", cases, cases, cases) or run.finished_at is None:
        raise SystemExit(
            f"{run.state}: {run.done} done, {run.failed} failed, {results} results. {run.reason}"
        )
    return (run.finished_at - run.created_at).total_seconds()


if __name__ == "__main__":
    sys.exit(main())
