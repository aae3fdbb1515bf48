"""A stage to break: servers that stop and start, features on vendors with faults, gateways to kill."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PORT = 18_101


@dataclass
class Stage:
    """`url` of the gateways, `vendor` of the faulty model server, `key` of the tenant acme."""

    folder: Path
    vendor: str
    parts: contextlib.ExitStack
    postgres: Any
    redis: Any
    processes: dict[str, Any] = field(default_factory=dict)
    gateways: list[Any] = field(default_factory=list)
    models: dict[tuple[str, str], Any] = field(default_factory=dict)
    features: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    tenant: Any = None
    url: str = f"http://127.0.0.1:{PORT}"

    @property
    def chat(self) -> str:
        return f"{self.url}/v1/chat/completions"

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}

    def start(self, name: str) -> None:
        """Start "postgres" or "redis", and wait for it."""
        server = getattr(self, name)
        self.processes[name] = server.start(self.folder / f"{name}.log")
        server.wait()

    def stop(self, name: str) -> None:
        from django.db import connections  # noqa: PLC0415 - needs the settings

        from aiops.operations import launch, postgres  # noqa: PLC0415 - as above

        connections.close_all()
        end = postgres.stop if name == "postgres" else launch.end
        end(self.processes[name])

    def gateway(self, port: int = PORT) -> Any:
        """Start one more gateway; `ready` waits for it."""
        with (self.folder / "gateway.log").open("ab") as log:
            command = [sys.executable, "-m", "aiops.gateway.http", "--port", str(port)]
            process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        self.gateways.append(process)
        self.parts.callback(end_process, process)
        return process

    def start_gateways(self, count: int) -> None:
        from aiops.flags.models import GatewayProcess  # noqa: PLC0415 - needs the settings

        started = [self.gateway().pid for _ in range(count)]
        self.until(lambda: GatewayProcess.objects.filter(pid__in=started).count() == count, 90)
        self.until(self.ready, 30)

    def ready(self) -> dict[str, Any]:
        """What /readyz says; empty while nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=3) as said:  # noqa: S310 - our own
                return dict(json.load(said))
        except (urllib.error.URLError, OSError):
            return {}

    def until(self, true: Callable[[], object], seconds: float) -> float:
        """Wait for it; the seconds that it took. SystemExit with the gateways' log where it never happens."""
        begun = time.monotonic()
        while not true():
            if time.monotonic() - begun > seconds:
                sys.stderr.write((self.folder / "gateway.log").read_text()[-4000:])
                raise SystemExit(f"It did not happen within {seconds:g} s.")
            time.sleep(0.05)
        return time.monotonic() - begun

    def asked(self) -> dict[str, dict[str, int]]:
        """The vendor's own counts."""
        with urllib.request.urlopen(f"{self.vendor}/count", timeout=5) as said:  # noqa: S310 - our own
            return dict(json.load(said))

    def model(self, kind: str, output: str = "0.000002") -> Any:
        """A model whose vendor has the fault `kind`."""
        from tests.factories import make_model, make_price, make_provider  # noqa: PLC0415 - needs the settings

        known = (kind, output)
        if known not in self.models:
            provider = make_provider(
                kind="openai_compatible", base_url=f"{self.vendor}/{kind}", max_concurrency=1000
            )
            model = self.models[known] = make_model(provider=provider)
            make_price(model=model, input=Decimal(0), output=Decimal(output))
        return self.models[known]

    def feature(self, slug: str, model: Any, **policy: Any) -> Any:
        """A feature that passes through to `model`."""
        from aiops.core.actors import SystemActor  # noqa: PLC0415 - needs the settings
        from aiops.deployments import actions as deployments  # noqa: PLC0415 - as above
        from aiops.deployments.choices import Choice  # noqa: PLC0415 - as above
        from aiops.features import actions as features  # noqa: PLC0415 - as above
        from aiops.features.policy import Policy  # noqa: PLC0415 - as above
        from tests.factories import make_feature  # noqa: PLC0415 - as above

        by = SystemActor("benchmark")
        feature = self.features[slug] = make_feature(slug=slug)
        roomy = {"tenant": {"requests_per_minute": 10_000_000, "concurrency": 100_000}}
        wanted = Policy.model_validate({"breaker": roomy, **policy})
        features.set_policy(by=by, feature=feature, policy=wanted)
        deployments.deploy_stable(by=by, feature=feature, choice=Choice(kind="passthrough", model=model))
        return feature


def end_process(process: Any) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def staged() -> Iterator[Stage]:
    """PostgreSQL, Redis and the faulty vendor run; tables are there; no gateway yet."""
    with (
        tempfile.TemporaryDirectory(prefix="aiops-bench-", dir="/tmp") as name,
        contextlib.ExitStack() as parts,
    ):
        stage = _servers(Path(name), parts)
        import django  # noqa: PLC0415 - the settings read the environment that was set above

        django.setup()
        from django.core.management import call_command  # noqa: PLC0415 - needs the settings
        from django.db import connections  # noqa: PLC0415 - as above

        call_command("migrate", verbosity=0)
        from aiops.core.actors import SystemActor  # noqa: PLC0415 - as above
        from aiops.tenants import actions as tenants  # noqa: PLC0415 - as above
        from tests.factories import make_tenant  # noqa: PLC0415 - as above

        stage.tenant = make_tenant(slug="acme")
        stage.key = tenants.create_key(by=SystemActor("benchmark"), name="bench", tenant=stage.tenant)[1]
        parts.callback(connections.close_all)
        yield stage


def _servers(folder: Path, parts: contextlib.ExitStack) -> Stage:
    from aiops.operations.postgres import Postgres  # noqa: PLC0415 - reads the environment when imported
    from aiops.operations.redis import Redis  # noqa: PLC0415 - as above

    postgres = Postgres(folder / "postgres", folder / "run")
    redis = Redis(folder / "redis", folder / "redis-run" / "redis.sock")
    vendor = subprocess.Popen(
        [sys.executable, "-m", "benchmarks._faulty_vendor"], cwd=ROOT, stdout=subprocess.PIPE
    )
    parts.callback(end_process, vendor)
    url = vendor.stdout.readline().decode().strip() if vendor.stdout else ""
    stage = Stage(folder, url, parts, postgres, redis)
    for name, server in (("postgres", postgres), ("redis", redis)):
        server.prepare()
        stage.start(name)
        parts.callback(stage.stop, name)
    postgres.ensure_database("aiops")
    os.environ.update(  # noqa: TID251 - sets the stage for the settings of this process and of the gateways
        DJANGO_SETTINGS_MODULE="aiops.settings",
        DATABASE_URL=postgres.url("aiops"),
        REDIS_URL=redis.url,
        AIOPS_HOME=str(folder / "home"),
    )
    return stage


class Checks:
    """Says each, and remembers whether all held: `return checks.code`."""

    def __init__(self) -> None:
        self.code = 0

    def __call__(self, held: object, words: str) -> None:
        print(f"{'ok ' if held else 'NOT'}  {words}", flush=True)
        if not held:
            self.code = 1


def chat_body(feature: str, text: str, **more: Any) -> bytes:
    return json.dumps({"model": feature, "messages": [{"role": "user", "content": text}], **more}).encode()


NAMED = {  # errors of CONTRACTS 2.3 that are a 5xx
    (502, "provider_error"), (503, "feature_disabled"), (503, "not_ready"), (504, "deadline_exceeded"),
}  # fmt: skip  # rows of a table, one to a line


def unnamed(answers: Any) -> list[str]:
    """5xx answers that the contract does not name."""
    return [one.outcome for one in answers if one.status >= 500 and (one.status, one.code) not in NAMED]
