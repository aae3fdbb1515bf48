"""Figures for Prometheus: of all processes, the dead ones included, and none of tenants unless asked."""

import asyncio
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from aiops.gateway.memory import MemoryRecorder, MemoryVendors, memory_world
from aiops.gateway.metrics.figures import Figures
from aiops.gateway.metrics.telling import CountedRecorder, Standing
from aiops.providers.errors import Refused
from tests.factories import make_budget
from tests.gateway.served import make_picture, serving
from tests.gateway.test_idempotency import Database, invoke
from tests.gateway.test_recording import make_record
from tests.gateway.world import Vendor

ROOT = Path(__file__).parents[2]


@pytest.fixture
def figures(tmp_path, monkeypatch) -> Figures:
    from prometheus_client import values  # noqa: PLC0415 - given back as it was

    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    return Figures(tmp_path / "metrics")


def page_of(figures: Figures) -> bytes:
    return asyncio.run(figures.page())[0]


def samples(page: bytes) -> dict[tuple, float]:
    """By name and labels; buckets left out."""
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    }


def test_what_becomes_of_calls_is_counted(figures):
    met = memory_world(
        vendors=MemoryVendors({"small": Vendor("ok", Refused("no"))}),
        recorder=CountedRecorder(MemoryRecorder(), figures),
    )
    with serving(make_picture(), met, metrics=figures.page) as url:
        for ticket in ("one", "one", "two"):
            invoke(url, None, ticket)
        page = httpx.get(f"{url}/metrics")
    found = samples(page.content)
    known = {
        ("aiops_calls_total", "", "answered", "summary"): 1.0,
        ("aiops_calls_total", "", "cached", "summary"): 1.0,
        ("aiops_calls_total", "provider_error", "refused", "summary"): 1.0,
        ("aiops_call_cost_usd_total", "summary"): 0.012,
        ("aiops_cache_total", "hit-exact"): 1.0,
        ("aiops_cache_total", "miss"): 2.0,
        ("aiops_gateway_overhead_seconds_count",): 3.0,
        ("gen_ai_client_operation_duration_seconds_count", "", "chat", "small", "vendor"): 1.0,
        ("gen_ai_client_operation_duration_seconds_count", "chat", "error", "small", "vendor"): 1.0,
        ("gen_ai_client_token_usage_sum", "input", "small", "vendor"): 10.0,
        ("gen_ai_client_token_usage_sum", "output", "small", "vendor"): 2.0,
    }
    assert {name: found.get(name) for name in known} == known
    assert page.headers["content-type"].startswith("text/plain")


def test_tenants_are_labels_only_where_the_operator_wants_them(tmp_path, figures):
    figures.count(make_record())
    assert b"acme" not in page_of(figures)
    named = Figures(tmp_path / "named", with_tenant=True)
    named.count(make_record())
    assert samples(page_of(named))["aiops_calls_total", "", "acme", "answered", "summary"] == 1


CONTRACT = {  # CONTRACTS 2.4: name, its labels
    "gen_ai_client_operation_duration_seconds": {
        *("gen_ai_operation_name", "gen_ai_request_model", "gen_ai_provider_name", "error_type")
    },
    "gen_ai_client_token_usage": {"gen_ai_token_type", "gen_ai_request_model", "gen_ai_provider_name"},
    "aiops_calls": {"feature", "outcome", "reason"},
    "aiops_call_cost_usd": {"feature"},
    "aiops_gateway_overhead_seconds": set(),
    "aiops_cache": {"result"},
    "aiops_budget_remaining_usd": {"budget", "period", "feature"},
    "aiops_snapshot_age_seconds": set(),
    "aiops_spool_records": set(),
}
OURS: dict[str, set[str]] = {"aiops_cache_late": set()}  # beyond the contract
WITH_TENANT = {"aiops_calls", "aiops_call_cost_usd", "aiops_budget_remaining_usd"}


@pytest.mark.parametrize("with_tenant", [False, True])
def test_every_figure_of_the_contract_is_there_with_its_labels(with_tenant, tmp_path, figures):
    told = Figures(tmp_path / "told", with_tenant=with_tenant)
    told.count(make_record() | {"cache": "miss"})
    told.now(age=1.0, spooled=2)
    told.left([(1, "day", "summary", "acme", Decimal(5))])
    found = {
        family.name: {label for sample in family.samples for label in sample.labels} - {"le"}
        for family in text_string_to_metric_families(page_of(told).decode())
    }
    tenants = {name: {"tenant"} if with_tenant and name in WITH_TENANT else set() for name in CONTRACT}
    assert found == {name: labels | tenants[name] for name, labels in CONTRACT.items()} | OURS


def test_embeddings_are_an_operation_of_their_own(figures):
    span = {"stage": "embedding", "begun_ms": 0.0, "ended_ms": 1.0, "decision": "", "facts": {}}
    figures.count(make_record() | {"spans": [span]})
    assert b'gen_ai_operation_name="embeddings"' in page_of(figures)


OTHER = """
import sys
from pathlib import Path
from aiops.gateway.metrics.figures import Figures
from tests.gateway.test_recording import make_record
figures = Figures(Path(sys.argv[1]))
figures.count(make_record())
figures.now(age=7.0, spooled=5)
figures.hand_over()
"""


def test_what_a_dead_process_counted_stays_and_its_gauges_go(figures):
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    from aiops import env  # noqa: PLC0415 - for the child alone

    program = "import os, django; django.setup()\n" + OTHER
    given = env.for_children(**environment)
    for _ in range(2):
        subprocess.run(
            [sys.executable, "-c", program, figures.folder], check=True, cwd=ROOT, env=given, timeout=60
        )
    figures.count(make_record())
    figures.now(age=1.0, spooled=2)
    found = samples(page_of(figures))
    assert found["aiops_calls_total", "", "answered", "summary"] == 3
    assert (found["aiops_snapshot_age_seconds",], found["aiops_spool_records",]) == (1, 2)
    pids = {path.stem.rpartition("_")[2] for path in figures.folder.glob("*.db")}
    assert len(pids) == 2


@pytest.mark.django_db(transaction=True)
def test_budgets_are_told_while_the_database_is_there(figures):
    budget = make_budget(amount=Decimal(5), period="day")
    database = Database()
    standing = Standing(figures, database.connect, lambda: (0.5, 3))
    asyncio.run(standing.say())
    database.away = True
    asyncio.run(standing.say())
    found = samples(page_of(figures))
    scope = sorted(["day", str(budget.pk), budget.feature.slug if budget.feature else ""])
    assert (found["aiops_budget_remaining_usd", *scope], found["aiops_spool_records",]) == (5, 3)


def test_a_full_disk_costs_a_figure_and_not_the_record(figures, monkeypatch):
    kept = MemoryRecorder()
    monkeypatch.setattr(figures, "count", lambda _record: (_ for _ in ()).throw(OSError("full")))
    CountedRecorder(kept, figures).write(make_record())
    assert len(kept.records) == 1
