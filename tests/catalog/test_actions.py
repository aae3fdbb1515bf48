from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from aiops.audit.models import AuditEvent
from aiops.catalog import actions, keys, queries
from aiops.catalog.models import Model, Price, Provider
from aiops.core import clock
from aiops.core.errors import Conflict, InvalidInput
from tests.factories import make_model, make_price, make_provider

pytestmark = pytest.mark.django_db
KEY = "sk-test-1234567890abcd"


def add(user, **values):
    given = {
        "slug": "openai",
        "name": "OpenAI",
        "kind": "openai_compatible",
        "base_url": "https://api.openai.com/v1/",
    }
    return actions.add_provider(by=user, **{**given, **values})


def last_event():
    return AuditEvent.objects.first()


def test_provider_keeps_its_key_sealed(user):
    provider = add(user, api_key=KEY, settings={"attempts": 2})
    assert keys.unseal(provider.api_key_encrypted) == KEY
    assert (provider.api_key_hint, provider.base_url) == ("abcd", "https://api.openai.com/v1")


def test_audit_of_a_provider_never_holds_the_key(user):
    actions.change_provider(by=user, provider=add(user, api_key=KEY), api_key="sk-other-987654321")
    said = str(list(AuditEvent.objects.values()))
    assert "sk-" not in said
    assert last_event().after == {"key": "changed"}


def test_short_key_gives_no_hint(user):
    assert add(user, api_key="secret").api_key_hint == ""


@pytest.mark.parametrize("key", [" sk-1", "sk-1\n", "sk-é"])
def test_key_with_stray_characters_is_refused(user, key):
    with pytest.raises(InvalidInput, match="Copy it again"):
        add(user, api_key=key)


def test_bearer_before_the_key_is_refused(user):
    with pytest.raises(InvalidInput, match="Leave out the word Bearer"):
        add(user, api_key="Bearer sk-1")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"base_url": ""}, "needs a base URL"),
        ({"base_url": "ftp://host"}, "must start with"),
        ({"kind": "carrier pigeon"}, "kind: Value 'carrier pigeon' is not a valid choice"),
        ({"max_concurrency": 0}, "from 1 to 1,000"),
        ({"timeout_seconds": 0}, "from 1 to 3,600 seconds"),
        ({"settings": {"hedaers": {}}}, "hedaers"),
        ({"settings": []}, "settings"),
        ({"kind": "simulated", "settings": {"failure_rate": 2}}, "failure_rate"),
        ({"slug": "new"}, "taken by a page"),
    ],
)
def test_wrong_provider_is_refused_in_words(user, values, words):
    with pytest.raises(InvalidInput, match=words):
        add(user, **values)
    assert Provider.objects.count() == 0


def test_second_provider_of_a_slug_is_refused(user):
    add(user)
    with pytest.raises(InvalidInput, match="already exists"):
        add(user)


def test_name_taken_in_the_last_moment_is_a_conflict(user, monkeypatch):
    add(user)
    monkeypatch.setattr(Provider, "full_clean", lambda _self: None)  # it ran before the other's commit
    with pytest.raises(Conflict, match="a moment ago"):
        add(user)


def test_change_without_a_change_is_not_audited(user):
    provider = add(user)
    before = AuditEvent.objects.count()
    actions.change_provider(by=user, provider=provider, name="OpenAI")
    assert AuditEvent.objects.count() == before


def test_change_names_what_changed(user):
    actions.change_provider(by=user, provider=add(user), name="O", max_concurrency=4)
    event = last_event()
    assert event.before == {"name": "OpenAI", "max_concurrency": 16}
    assert event.after == {"name": "O", "max_concurrency": 4}


def test_key_does_not_follow_to_another_server(user):
    provider = add(user, api_key=KEY)
    with pytest.raises(InvalidInput, match="Enter the API key again"):
        actions.change_provider(by=user, provider=provider, base_url="https://evil.example/v1")
    moved = actions.change_provider(by=user, provider=provider, base_url="https://api.openai.com/v2")
    assert keys.unseal(moved.api_key_encrypted) == KEY


def test_key_can_be_taken_away(user):
    provider = actions.change_provider(by=user, provider=add(user, api_key=KEY), api_key="")
    assert (bytes(provider.api_key_encrypted), provider.api_key_hint) == (b"", "")
    assert last_event().after == {"key": "removed"}


def test_provider_with_models_cannot_be_deleted(user):
    model = make_model()
    with pytest.raises(Conflict, match="1 model of it remain"):
        actions.delete_provider(by=user, provider=model.provider)
    assert not AuditEvent.objects.filter(action="catalog.provider_deleted").exists()


def test_provider_without_models_can_be_deleted(user):
    actions.delete_provider(by=user, provider=add(user))
    assert (Provider.objects.count(), last_event().action) == (0, "catalog.provider_deleted")


def test_model_is_added_and_audited(user):
    model = actions.add_model(
        by=user, provider=make_provider(slug="p"), name="m", vendor_name="v", tier="small"
    )
    assert last_event().after == {
        "provider": "p",
        "name": "m",
        "vendor_name": "v",
        "tier": "small",
        "context_tokens": 128_000,
        "max_output_tokens": model.max_output_tokens,
    }


def test_model_is_changed_and_audited(user):
    model = actions.change_model(by=user, model=make_model(tier="small"), tier="large")
    assert (model.tier, last_event().before, last_event().after) == (
        "large",
        {"tier": "small"},
        {"tier": "large"},
    )
    actions.change_model(by=user, model=model, tier="large")
    assert AuditEvent.objects.filter(action="catalog.model_changed").count() == 1


def test_model_with_price_is_retired_instead_of_deleted(user):
    model = make_price().model
    with pytest.raises(Conflict, match="prices refer to it"):
        actions.delete_model(by=user, model=model)
    actions.retire_model(by=user, model=model)
    assert list(queries.priced_models()) == []
    actions.restore_model(by=user, model=model)
    assert list(queries.priced_models()) == [model]


def test_retiring_twice_is_audited_once(user):
    model = make_model()
    for act in (actions.retire_model, actions.retire_model, actions.restore_model, actions.restore_model):
        act(by=user, model=model)
    assert AuditEvent.objects.filter(object_id=model.pk).count() == 2


def test_model_without_price_can_be_deleted(user):
    actions.delete_model(by=user, model=make_model())
    assert Model.objects.count() == 0


def rates(**values):
    return {"input": Decimal("0.000001"), "output": Decimal("0.000002"), **values}


def test_price_is_set_from_now_on(user):
    model = make_model()
    price = actions.set_price(by=user, model=model, effective_at=clock.now(), **rates(source="contract"))
    assert queries.price_at(model, clock.now()) == price
    assert last_event().after["input"] == "0.000001"
    assert last_event().reason == "contract"


def test_first_price_may_begin_in_the_past_and_further_ones_not(user):
    model, year = make_model(), timedelta(days=365)
    actions.set_price(by=user, model=model, effective_at=clock.now() - year, **rates())
    with pytest.raises(InvalidInput, match="can't begin in the past"):
        actions.set_price(by=user, model=model, effective_at=clock.now() - year / 2, **rates())
    actions.set_price(by=user, model=model, effective_at=clock.now() + year, **rates())
    assert Price.objects.count() == 2


def test_two_prices_of_one_time_are_refused(user):
    model, at = make_model(), clock.now() + timedelta(days=1)
    actions.set_price(by=user, model=model, effective_at=at, **rates())
    with pytest.raises(InvalidInput, match="from that time already"):
        actions.set_price(by=user, model=model, effective_at=at, **rates())


@pytest.mark.parametrize(
    "wrong", [{"input": Decimal(-1)}, {"reasoning": Decimal(-1)}, {"output": Decimal("1e-11")}]
)
def test_wrong_price_is_refused(user, wrong):
    with pytest.raises(InvalidInput):
        actions.set_price(by=user, model=make_model(), effective_at=clock.now(), **rates(**wrong))


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("UPDATE catalog_price SET input = 0", "a price is never changed"),
        ("DELETE FROM catalog_price", "a price is never changed"),
        ("TRUNCATE catalog_price CASCADE", "never changed|pending trigger events"),
    ],
)
def test_database_refuses_to_change_a_price(statement, refusal):
    make_price()
    with pytest.raises(DatabaseError, match=refusal), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_change_is_gone_when_its_audit_fails(user, monkeypatch):
    def fail(**_):
        raise RuntimeError("no audit")

    monkeypatch.setattr("aiops.audit.actions.record", fail)
    with pytest.raises(RuntimeError):
        add(user)
    assert Provider.objects.count() == 0
