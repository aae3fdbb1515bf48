"""A stage for the gateway's programs: real servers, one feature on a stub vendor, and gateway processes."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.evaluation_run import _process, _servers

ROOT = Path(__file__).resolve().parent.parent
PORT = 18_001
FEATURE = "summary"


@contextlib.contextmanager
def stage(*, latency: float = 0.0, policy: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
    """`url` of the vendor, `key` of a tenant, `folder`; PostgreSQL and Redis run, and are migrated."""
    with (
        tempfile.TemporaryDirectory(prefix="aiops-bench-", dir="/tmp") as name,
        contextlib.ExitStack() as parts,
    ):
        folder = Path(name)
        _servers(folder, parts)
        command = ["-m", "benchmarks._vendor", "--latency", str(latency)]
        vendor = parts.enter_context(_process(command, stdout=subprocess.PIPE))
        url = vendor.stdout.readline().decode().strip()
        yield {"url": url, "key": _decisions(url, policy or {}), "folder": folder}


def _decisions(url: str, policy: dict[str, Any]) -> str:
    """What people would have decided; the key of the tenant."""
    import django  # noqa: PLC0415 - the settings read the environment that was set above

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - needs the settings

    call_command("migrate", verbosity=0)
    from aiops.core.actors import SystemActor  # noqa: PLC0415 - needs the settings
    from aiops.deployments import actions as deployments  # noqa: PLC0415 - as above
    from aiops.deployments.choices import Choice  # noqa: PLC0415 - as above
    from aiops.features import actions as features  # noqa: PLC0415 - as above
    from aiops.features.policy import Policy  # noqa: PLC0415 - as above
    from aiops.tenants import actions as tenants  # noqa: PLC0415 - as above
    from tests.factories import make_feature, make_model, make_price, make_provider, make_tenant  # noqa: PLC0415 - as above

    by = SystemActor("benchmark")
    feature = make_feature(slug=FEATURE)
    provider = make_provider(kind="openai_compatible", base_url=url, max_concurrency=256)
    model = make_model(provider=provider)
    make_price(model=model, input=Decimal("0.000001"), output=Decimal("0.000002"))
    features.set_policy(by=by, feature=feature, policy=Policy.model_validate(policy))
    deployments.deploy_stable(by=by, feature=feature, choice=Choice(kind="passthrough", model=model))
    return tenants.create_key(by=by, name="bench", tenant=make_tenant(slug="acme"))[1]


@contextlib.contextmanager
def gateways(folder: Path, count: int = 1) -> Iterator[list[Any]]:
    """So many processes behind one port, once each of them is ready."""
    with contextlib.ExitStack() as parts:
        log = parts.enter_context((folder / "gateway.log").open("ab"))
        command = ["-m", "aiops.gateway.http", "--port", str(PORT)]
        started = [parts.enter_context(_process(command, stdout=log, stderr=log)) for _ in range(count)]
        _wait(folder, count)
        yield started


@contextlib.contextmanager
def forwarder(vendor: str) -> Iterator[str]:
    """The address of what only passes requests on to `vendor`."""
    with _process(["-m", "benchmarks._forwarder", vendor, str(PORT + 1)]):
        deadline = time.monotonic() + 20
        while not _listens(PORT + 1) and time.monotonic() < deadline:
            time.sleep(0.1)
        yield f"http://127.0.0.1:{PORT + 1}/v1/chat/completions"


def _listens(port: int) -> bool:
    with contextlib.closing(socket.socket()) as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def _wait(folder: Path, count: int) -> None:
    from aiops.flags.models import GatewayProcess  # noqa: PLC0415 - needs the settings

    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz", timeout=1).read()
            if GatewayProcess.objects.count() >= count:
                return
        if time.monotonic() > deadline:
            sys.stderr.write((folder / "gateway.log").read_text())
            raise SystemExit("The gateway did not start.")
        time.sleep(0.1)


def memory_mb(pid: int) -> float:
    """Resident memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
