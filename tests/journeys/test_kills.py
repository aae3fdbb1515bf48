"""kill -9 in the middle of a run: it ends by itself, with one result for each case."""

import json
import os
import signal
import time
import uuid

import pytest

from tests.journeys.models import model_server

pytestmark = pytest.mark.xdist_group("journeys")  # one console for all

CASES = 600
SETUP = """
from decimal import Decimal
from aiops.catalog import actions as catalog
from aiops.core import clock
from aiops.core.actors import SystemActor
from aiops.datasets import actions as datasets
from aiops.datasets.models import Dataset
from aiops.evaluations import actions as evaluations
from aiops.evaluations.models import OnModel
from aiops.features.models import Feature
from aiops.prompts import actions as prompts
by, name, base_url = SystemActor("journey"), {name!r}, {base_url!r}
feature = Feature.objects.get(slug="ticket-triage")
provider = catalog.add_provider(
    by=by, slug=name, name=name, kind="openai_compatible", base_url=base_url, max_concurrency=20
)
model = catalog.add_model(by=by, provider=provider, name=name, vendor_name="fake-1", tier="small")
catalog.set_price(by=by, model=model, effective_at=clock.now(), input=Decimal("1e-7"), output=Decimal("1e-7"))
prompt = prompts.create_prompt(by=by, name=name, feature=feature)
version = prompts.create_version(by=by, prompt=prompt, source={source!r}.encode())
frozen = datasets.freeze(by=by, dataset=Dataset.objects.get(name=name))
scorers = [{{"type": "exact"}}]
run = evaluations.start_run(
    by=by, feature=feature, dataset_version=frozen, approach=OnModel(version, model), scorers=scorers
)
print(run.pk)
"""
SOURCE = """---
name: {name}
variables: {{message: {{type: string}}}}
parameters: {{max_tokens: 20}}
---
{{{{ message }}}}
"""


@pytest.fixture(scope="module")
def vendor():
    with model_server("fixed:delivery", latency=0.2) as base_url:
        yield base_url


@pytest.fixture
def run(console, vendor, tmp_path):
    """A run of 600 cases that takes six seconds and more, just started by the workers of the console."""
    name = f"kill-{uuid.uuid4().hex[:6]}"
    file = tmp_path / "cases.jsonl"
    rows = [
        {"id": f"c{n}", "inputs": {"message": f"Where is parcel {n}?"}, "expected": "delivery"}
        for n in range(CASES)
    ]
    file.write_text("\n".join(map(json.dumps, rows)))
    console.manage("datasets", "import", str(file), "--name", name)
    script = SETUP.format(name=name, base_url=vendor, source=SOURCE.format(name=name))
    return int(console.manage("shell", "-v", "0", "-c", script).stdout.split()[-1])


def results(console, run) -> int:
    return int(console.row("SELECT count(*) FROM evaluations_result WHERE run_id = %s", run)[0])


def wait_for(condition, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


def ends_whole(console, run) -> None:
    """The run finishes, with each case once, and its counts are those of its rows."""
    query = "SELECT state, done, failed FROM evaluations_run WHERE id = %s"
    wait_for(lambda: console.row(query, run)[0] not in {"queued", "running"}, 60)
    assert console.row(query, run) == ("finished", CASES, 0)
    counted = "SELECT count(*), count(DISTINCT case_id) FROM evaluations_result WHERE run_id = %s"
    assert console.row(counted, run) == (CASES, CASES)


def is_killed(console, run, victim, share):
    """Once a share of the cases is done, and before the last one is."""
    wait_for(lambda: results(console, run) >= share * CASES, 60)
    assert results(console, run) < CASES
    for pid in console.processes(victim):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: f"{victim} stopped (signal 9)" in console.log(), 10)
    wait_for(lambda: f"{victim} runs again" in console.log(), 60)


def test_run_ends_whole_though_its_worker_redis_and_postgres_are_killed(console, run):
    is_killed(console, run, "worker", 0.2)
    is_killed(console, run, "redis", 0.4)
    is_killed(console, run, "postgres", 0.6)
    ends_whole(console, run)
