"""What the demo's gateway enforces and remembers, with two features of the real manifest."""

import asyncio
import json
import stat
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from random import Random

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, Sum

from aiops.budgets.models import Budget, Period
from aiops.core import clock
from aiops.demo import (
    caching,
    content,
    deciding,
    hourly,
    keys,
    loading,
    records,
    remembering,
    resetting,
    shape,
    traffic,
)
from aiops.demo.served import By
from aiops.deployments.models import Deployment
from aiops.features.models import PolicyVersion
from aiops.features.policy import Policy
from aiops.flags.models import KillSwitch
from aiops.gateway.models import CacheEntry, Call, Rollup, SemanticEntry, SemanticThreshold, Ticket
from aiops.tenants.models import ApiKey
from tests.gateway.served import serving

NOW = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)  # a Wednesday
LARGE = By("prompt", "support-summary v3", 3, 3, "sim-large", 200)
EVER = datetime.min.replace(tzinfo=UTC)


def past(**serving_of):
    found = {"support-summary": [(EVER, LARGE)], "policy-answers": [(EVER, LARGE)], **serving_of}
    return records.Past(NOW, found, deciding.wanted().stop, {"acme": "acme0001"})


@pytest.mark.django_db(transaction=True)
def test_a_loaded_demo_has_a_gateway_with_a_past(settings, tmp_path, monkeypatch):
    """One load, since it takes seconds: keys, decisions, records and budgets; again after a reset."""
    settings.AIOPS_HOME = tmp_path
    whole = content.manifest()
    named = ("policy-answers", "support-summary")
    part = whole.model_copy(update={"features": {slug: whole.features[slug] for slug in named}, "runs": ()})
    monkeypatch.setattr(content, "manifest", lambda: part)
    small = {slug: shape.Shop(24, shop.grew, shop.languages) for slug, shop in shape.SHOPS.items()}
    monkeypatch.setattr(shape, "SHOPS", small)
    assert loading.load(lambda _line: None)

    tokens = json.loads(keys.path().read_text())
    assert list(tokens) == ["acme", "globex", "initech", "service"]
    assert stat.S_IMODE(keys.path().stat().st_mode) == 0o600
    assert ApiKey.objects.get(tenant=None).name == "Demo: service"
    assert not loading.load(lambda _line: None)
    assert keys.tokens() == tokens

    deployed = Deployment.objects.values_list(
        "feature__slug", "stable__version__number", "stable__model__name"
    )
    assert set(deployed) == {
        *(("policy-answers", 3, "sim-large"), ("support-summary", 2, "sim-large")),
        ("help-centre", 1, "sim-small"),
    }  # fmt: skip  # short names, packed: they would fill the page
    assert {row.feature.slug for row in PolicyVersion.objects.all()} == {*named, "help-centre"}
    stop = KillSwitch.objects.get()
    assert (stop.target, stop.lifted_at - stop.at) == ("policy-answers", timedelta(minutes=145))
    assert stop.at < clock.now() - timedelta(days=20)

    _check_records()
    assert SemanticThreshold.objects.get().threshold == 0.91
    assert SemanticEntry.objects.count() == CacheEntry.objects.count() > 100
    resetting.reset(lambda _line: None)
    assert set(keys.tokens()) == set(tokens)
    assert set(keys.tokens().values()).isdisjoint(tokens.values())
    assert ApiKey.objects.count() == 4


def _check_records():
    first = Call.objects.exclude(user=caching.AGENT).order_by("at").first()
    since = first.at.replace(minute=0, second=0, microsecond=0)
    of_calls = Call.objects.filter(at__gte=since).aggregate(n=Count("id"), cost=Sum("cost"))
    of_sums = (
        Rollup.objects.filter(hour__gte=since)
        .exclude(arm="internal")
        .aggregate(n=Sum("calls"), cost=Sum("cost"))
    )
    assert of_calls == of_sums
    assert Call.objects.exclude(metadata={"source": "simulated"}).count() == 0
    assert (
        Rollup.objects.filter(reason="kill_switch").values_list("feature", flat=True)[0] == "policy-answers"
    )
    everything = Period.objects.get(budget__tenant=None)
    month = Rollup.objects.filter(hour__gte=everything.begins).aggregate(cost=Sum("cost"))["cost"]
    assert (everything.spent, Budget.objects.count()) == (month or Decimal(0), 4)
    assert remembering.remember(clock.now()) == 0


def test_policies_of_the_demo_are_policies():
    wanted = deciding.wanted()
    assert all(isinstance(one.settings, Policy) for one in wanted.policies.values())
    assert set(wanted.policies) == {*content.manifest().features, wanted.help.feature}
    texts = [
        one for rule in wanted.policies["support-summary"].settings.fallbacks if (one := rule).kind == "text"
    ]
    assert set(texts[0].by_locale) == {"de", "fr", "es", "ja"}


def test_the_same_moment_gives_the_same_calls():
    first, second = (list(islice(records.calls(past()), 50)) for _ in range(2))
    assert first == second
    assert len({one["id"] for one in first}) == 50


def test_calls_are_of_the_last_days_and_say_that_they_are_simulated():
    made = list(records.calls(past()))
    assert past().whole_since.timestamp() <= made[0]["at"] <= made[-1]["at"] < NOW.timestamp()
    assert {one["metadata"]["source"] for one in made} == {"simulated"}
    outcomes = Counter(one["outcome"] for one in made)
    assert outcomes["answered"] > outcomes["cached"] > outcomes["degraded"] > 0


def test_one_tenant_grows_and_others_do_not():
    calls = Counter()
    for row in hourly.sums(past()):
        calls[row["tenant"], datetime.fromisoformat(row["hour"]) > NOW - timedelta(days=30)] += row["calls"]
    assert calls["globex", True] > calls["globex", False]  # in half of the time
    assert calls["acme", True] < 0.7 * calls["acme", False]


def test_what_was_stopped_was_degraded():
    stopped = [row for row in hourly.sums(past()) if row["reason"] == "kill_switch"]
    assert {(row["feature"], row["outcome"], row["cost"]) for row in stopped} == {
        ("policy-answers", "degraded", Decimal(0))
    }
    (hour,) = {row["hour"] for row in stopped}
    began, ended = deciding.wanted().stop.times(NOW)
    assert began <= datetime.fromisoformat(hour) < ended


def test_a_release_changes_what_serves():
    before = By("prompt", "support-summary v2", 2, 2, "sim-large", 150)
    at = NOW - timedelta(days=23)
    times = {"support-summary": [(at, LARGE), (EVER, before)]}
    names = {
        (row["approach_name"], datetime.fromisoformat(row["hour"]) >= at)
        for row in hourly.sums(past(**times))
        if row["feature"] == "support-summary"
    }
    assert names == {("support-summary v3", True), ("support-summary v2", False)}


@pytest.mark.django_db
def test_tickets_are_of_calls_that_wait():
    from aiops.demo import waiting  # noqa: PLC0415 - beside its one use
    from tests.factories import make_call  # noqa: PLC0415 - as above

    facts = {"outcome": "queued", "metadata": records.SIMULATED}
    for served_by in ("", "person", "deferred"):
        for hours in (1, 2, 3, 9):
            make_call(at=NOW - timedelta(hours=hours), served_by=served_by, **facts)
    waiting.tickets(NOW)
    waiting.tickets(NOW)
    found = Counter(Ticket.objects.values_list("kind", "state"))
    assert found == {
        ("approval", "waiting"): 3, ("approval", "answered"): 1,
        ("person", "waiting"): 3, ("person", "answered"): 1,
        ("deferred", "waiting"): 3, ("deferred", "expired"): 1,
    }  # fmt: skip  # pairs, read as a table
    assert set(Call.objects.values_list("ticket", flat=True)) == set(
        Ticket.objects.values_list("pk", flat=True)
    )


def test_traffic_is_busy_by_day_and_never_stops():
    noon, night = NOW.replace(hour=9), NOW.replace(hour=2)
    assert traffic.pace(4.0, noon) > 3.0
    assert traffic.pace(4.0, night) == pytest.approx(0.6)


def test_the_same_seed_asks_the_same():
    known = {"acme": ["support-summary", "ticket-triage"], "globex": ["support-summary"], "initech": []}
    first, second = (list(islice(traffic.asked(Random(7), known), 300)) for _ in range(2))
    assert first == second
    assert {one.tenant for one in first} == {"acme", "globex"}
    assert any("[[simulate:" in str(one.body) for one in first)
    assert any(not isinstance(one.body.get("inputs"), dict) or not one.body["inputs"] for one in first)


def test_traffic_says_what_came_back():
    from tests.gateway.served import TOKEN, make_picture  # noqa: PLC0415 - beside its one use

    known = make_picture().features["summary"].model_copy(update={"slug": "support-summary"})
    with serving(make_picture(features={known.slug: known})) as address:
        wish = traffic.Wish(address, minutes=0.001, rate=1000, seed=1)
        seen = asyncio.run(traffic.drive(wish, {"acme": TOKEN}))
    assert seen.outcomes.total() >= 1
    assert str(seen).startswith(f"{seen.outcomes.total()} simulated calls in 0 s: ")


def test_traffic_needs_the_demos_keys(settings, tmp_path):
    settings.AIOPS_HOME = tmp_path
    with pytest.raises(CommandError, match="Load the demo first") as refused:
        call_command("demo", "traffic")
    assert refused.value.returncode == 2


def test_traffic_without_a_gateway_says_how_to_start_one(settings, tmp_path):
    settings.AIOPS_HOME = tmp_path
    (tmp_path / "demo-keys.json").write_text('{"acme": "aiops_sk_x"}')
    with pytest.raises(CommandError, match=r"Start it with `manage\.py up`") as refused:
        call_command("demo", "traffic", "--gateway", "http://127.0.0.1:9")
    assert refused.value.returncode == 3


def test_a_feature_without_a_model_is_answered_for_nothing():
    routed = By("classifier", "language-classifier", 1, 1, "", 0)
    made = [
        one
        for one in records.calls(past(**{"language-routing": [(EVER, routed)]}))
        if one["feature"] == "language-routing"
    ]
    assert {(one["cost"], one["cache"], one["outcome"]) for one in made} == {("0", "off", "answered")}
    assert {len(one["attempts"]) for one in made} == {0}
