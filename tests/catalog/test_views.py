import io
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import signing
from django.urls import reverse

from aiops.audit.models import AuditEvent
from aiops.catalog import keys, queries
from aiops.catalog.models import Model, Price, Provider
from aiops.core import clock
from tests.factories import make_model, make_price, make_provider

pytestmark = pytest.mark.django_db
KEY = "sk-test-1234567890abcd"


@pytest.fixture
def admin(as_role):
    return as_role("administrator")


def url(name, *args):
    return reverse(f"catalog:{name}", args=args)


def text(response):
    return response.content.decode()


PROVIDER = {
    "kind": "openai_compatible",
    "name": "OpenAI",
    "slug": "openai",
    "base_url": "https://api.openai.com/v1",
    "api_key": KEY,
    "max_concurrency": 16,
    "timeout_seconds": 60,
    "settings": "{}",
}


@pytest.mark.parametrize("role", ["viewer", "reviewer"])
def test_people_without_the_permission_are_kept_out(as_role, role):
    assert as_role(role).get(url("providers")).status_code == 403


@pytest.mark.parametrize("role", ["finance", "engineer", "auditor"])
def test_people_who_may_look_find_nothing_to_change(as_role, role, vendor):
    client = as_role(role)
    make_price(model=make_model(provider=vendor, name="m"))
    for page in (url("providers"), url("provider", "vendor"), url("models"), url("model", "m")):
        shown = text(client.get(page))
        assert "/edit/" not in shown
        assert "/new/" not in shown
        assert 'method="post" action="/catalog' not in shown
    assert client.get(url("provider-new")).status_code == 403
    assert client.post(url("provider-test", "vendor")).status_code == 403
    assert client.post(url("model-price", "m")).status_code == 403


@pytest.mark.parametrize("page", ["providers", "models"])
def test_lists_take_the_same_number_of_queries_for_any_number_of_rows(
    admin, page, django_assert_max_num_queries
):
    make_price()
    with django_assert_max_num_queries(30) as one:
        admin.get(url(page))
    make_price()
    make_price(model=make_price().model, effective_at=clock.now() + timedelta(days=1))
    with django_assert_max_num_queries(30) as three:
        admin.get(url(page))
    assert len(three) == len(one)


def test_empty_lists_say_the_next_step(admin, as_role):
    assert "New provider" in text(admin.get(url("providers")))
    assert "First a provider" in text(admin.get(url("model-new")))
    assert "An administrator adds" in text(as_role("engineer").get(url("providers")))
    assert "An administrator adds" in text(as_role("engineer").get(url("models")))
    assert "No model matches" in text(admin.get(url("models"), {"text": "x"}))


def test_provider_is_added_with_its_key_sealed(admin):
    response = admin.post(url("provider-new"), PROVIDER)
    provider = Provider.objects.get()
    assert response.url == url("provider", "openai")
    assert keys.unseal(provider.api_key_encrypted) == KEY


def test_key_is_never_shown_again(admin):
    admin.post(url("provider-new"), PROVIDER)
    for page in (url("providers"), url("provider", "openai"), url("provider-edit", "openai")):
        shown = text(admin.get(page))
        assert KEY not in shown
        assert "…abcd" in shown


def test_form_that_fails_does_not_repeat_the_key(admin):
    response = admin.post(url("provider-new"), {**PROVIDER, "base_url": "ftp://x"})
    assert response.status_code == 422
    assert KEY not in text(response)
    assert "must start with https://" in text(response)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("settings", "[1]", "Must be a JSON object"),
        ("settings", "{", "Enter a valid JSON"),
        ("settings", '{"hedaers": {}}', "hedaers: Extra inputs are not permitted"),
        ("base_url", "", "needs a base URL"),
        ("slug", "new", "taken by a page"),
    ],
)
def test_wrong_provider_is_answered_in_words(admin, field, value, words):
    response = admin.post(url("provider-new"), {**PROVIDER, field: value})
    assert (response.status_code, words in text(response)) == (422, True)


def test_preset_fills_the_form(admin):
    response = admin.get(url("provider-new"), {"preset": "ollama"})
    assert response.context["form"].initial["base_url"] == "http://localhost:11434/v1"
    assert admin.get(url("provider-new"), {"preset": "none"}).context["form"].initial == {}


def edit(**changed):
    kept = {name: value for name, value in PROVIDER.items() if name not in {"slug", "kind"}}
    return {**kept, "api_key": "", **changed}


def test_edit_keeps_the_key_that_is_left_empty(admin):
    admin.post(url("provider-new"), PROVIDER)
    admin.post(url("provider-edit", "openai"), edit(name="O"))
    provider = Provider.objects.get()
    assert (provider.name, keys.unseal(provider.api_key_encrypted)) == ("O", KEY)


def test_edit_takes_the_key_away_only_when_asked(admin):
    admin.post(url("provider-new"), PROVIDER)
    admin.post(url("provider-edit", "openai"), edit(remove_key="on"))
    assert keys.unseal(Provider.objects.get().api_key_encrypted) == ""
    assert "remove_key" not in text(admin.get(url("provider-edit", "openai")))


def test_edit_says_why_it_is_refused(admin):
    admin.post(url("provider-new"), PROVIDER)
    response = admin.post(url("provider-edit", "openai"), edit(base_url="https://elsewhere.example/v1"))
    assert (response.status_code, "Enter the API key again" in text(response)) == (422, True)


def test_provider_in_use_is_not_deleted(admin):
    model = make_model()
    response = admin.post(url("provider-delete", model.provider.slug), follow=True)
    assert "1 model of it remain" in text(response)
    Model.objects.all().delete()
    assert admin.post(url("provider-delete", model.provider.slug)).url == url("providers")


def test_try_shows_answer_tokens_time_and_cost(admin, vendor):
    make_price(model=make_model(provider=vendor, name="m", vendor_name="fake-small"))
    response = admin.post(url("provider-test", "vendor"), {"model": "m"}, headers={"HX-Request": "true"})
    shown = text(response)
    assert "m answered in" in shown
    assert "Reply with the word OK." in shown
    assert "5 tokens in, 5 out. Cost $0.0000250." in shown
    event = AuditEvent.objects.get(action="catalog.provider_tested")
    assert (event.after["tried"], event.after["outcome"]) == ("m", "answered")


def test_try_says_when_usage_is_estimated_and_the_price_unknown(admin, vendor, server):
    make_model(provider=vendor, name="m")
    server.script("usage:none")
    shown = text(admin.post(url("provider-test", "vendor"), {"model": "m"}))
    assert "estimated: the server reports none" in shown
    assert "No price is set, so its cost is unknown" in shown


def test_try_shows_the_error_in_words_and_does_not_repeat(admin, vendor, server):
    make_model(provider=vendor, name="m")
    server.script("401", "")
    shown = text(admin.post(url("provider-test", "vendor"), {"model": "m"}))
    assert "The vendor does not accept the key (401): fault 401 on demand" in shown
    assert server.calls == 1
    assert AuditEvent.objects.get(action="catalog.provider_tested").after["outcome"] == "failed (401)"


def test_try_without_a_model_asks_for_the_list(admin, vendor, server):
    shown = text(admin.post(url("provider-test", "vendor")))
    assert "It offers 2 models" in shown
    server.script("html")
    assert "not JSON" in text(admin.post(url("provider-test", "vendor")))


def test_try_of_a_simulated_provider(admin):
    provider = make_provider(slug="sim")
    assert "A simulated provider has none" in text(admin.post(url("provider-test", "sim")))
    make_model(provider=provider, name="m")
    assert "m answered in" in text(admin.post(url("provider-test", "sim"), {"model": "m"}))


def test_try_with_an_unreadable_key_says_so(admin, vendor, settings):
    make_model(provider=vendor, name="m")
    settings.ENCRYPTION_KEY = "another"
    assert "another AIOPS_ENCRYPTION_KEY" in text(admin.post(url("provider-test", "vendor"), {"model": "m"}))


def test_simulated_is_labelled_wherever_it_shows(admin):
    make_model(provider=make_provider(slug="sim"), name="m")
    for page in (url("providers"), url("provider", "sim"), url("models"), url("model", "m")):
        assert "</svg>simulated</span>" in text(admin.get(page))


def test_model_list_shows_prices_per_million(admin):
    model = make_model(name="m")
    make_price(model=model, cached_input=Decimal("0.0000000375"))
    make_model(name="unpriced")
    shown = text(admin.get(url("models")))
    assert ("$1.00" in shown, "$0.0375" in shown, "$4.00" in shown, "No price" in shown) == (True,) * 4


def test_model_list_filters(admin):
    make_model(name="alpha", tier="large")
    make_model(name="beta", retired_at=clock.now())
    assert "beta" not in text(admin.get(url("models")))
    fragment = text(admin.get(url("models"), {"retired": "1", "text": "bet"}, headers={"HX-Request": "true"}))
    assert ("alpha" in fragment, "beta" in fragment, "<html" in fragment) == (False, True, False)


def test_csv_holds_what_the_filters_show(admin):
    make_price(model=make_model(name="m", vendor_name="v", tier="large"), effective_at=clock.now())
    make_model(name="unpriced", tier="large")
    make_model(name="small")
    lines = b"".join(admin.get(url("models-csv"), {"tier": "large"})).decode("utf-8-sig").splitlines()
    assert lines[0] == (
        "model,vendor_name,provider,simulated,tier,retired_at,effective_at,"
        "input,cached_input,cache_write,output,reasoning"
    )
    assert lines[1].startswith("m,v,")
    assert lines[1].endswith(",0.0000010000,,,0.0000040000,")
    assert len(lines) == 3


MODEL = {"name": "m", "vendor_name": "v", "tier": "small", "context_tokens": 1000, "max_output_tokens": 100}


def test_model_is_added_then_needs_a_price(admin, vendor):
    response = admin.post(url("model-new"), {**MODEL, "provider": "vendor"}, follow=True)
    assert "No price holds now" in text(response)
    assert Model.objects.get().provider == vendor


def test_model_of_a_taken_name_is_refused(admin, vendor):
    make_model(name="m")
    response = admin.post(url("model-new"), {**MODEL, "provider": "vendor"})
    assert (response.status_code, "already exists" in text(response)) == (422, True)


def test_vendors_list_fills_the_form(admin, vendor):
    make_model(provider=vendor, vendor_name="fake-large")
    shown = text(admin.get(url("vendor-models", "vendor"), headers={"HX-Request": "true"}))
    assert "/catalog/models/new/?provider=vendor&amp;vendor_name=fake-small" in shown
    assert "Added" in shown
    form = admin.get(url("model-new"), {"provider": "vendor", "vendor_name": "meta/Llama 3.1"}).context[
        "form"
    ]
    assert form.initial == {"provider": "vendor", "vendor_name": "meta/Llama 3.1", "name": "llama-3-1"}


def test_vendors_list_that_fails_is_said(admin, vendor, server):
    server.script("404")
    assert "could not be fetched" in text(admin.get(url("vendor-models", "vendor")))
    server.models = ()
    assert "answered with no model" in text(admin.get(url("vendor-models", "vendor")))


def test_simulated_provider_has_no_list(admin):
    make_provider(slug="sim")
    assert "any name will do" in text(admin.get(url("vendor-models", "sim")))


def test_model_is_edited(admin):
    make_model(name="old")
    make_model(name="taken")
    assert admin.get(url("model-edit", "old")).status_code == 200
    assert admin.post(url("model-edit", "old"), {**MODEL, "name": "taken"}).status_code == 422
    assert admin.post(url("model-edit", "old"), MODEL).url == url("model", "m")
    assert admin.get(url("model", "old")).status_code == 404


def test_model_is_retired_and_brought_back(admin):
    make_price(model=make_model(name="m"))
    assert "is retired" in text(admin.post(url("model-retire", "m"), follow=True))
    assert "can be used again" in text(admin.post(url("model-restore", "m"), follow=True))
    assert "Retire it instead" in text(admin.post(url("model-delete", "m"), follow=True))
    make_model(name="unpriced")
    assert admin.post(url("model-delete", "unpriced")).url == url("models")


def test_price_is_typed_per_million(admin):
    model = make_model(name="m")
    response = admin.post(url("model-price", "m"), {"input": "2.5", "output": "10", "cached_input": "1.2345"})
    price = queries.price_at(model, clock.now())
    assert response.url == url("model", "m")
    assert (price.input, price.output, price.cached_input, price.reasoning) == (
        Decimal("0.0000025"),
        Decimal("0.00001"),
        Decimal("0.0000012345"),
        None,
    )


def test_price_form_starts_from_the_price_in_force(admin):
    make_price(model=make_model(name="m"), input=Decimal("0.0012"))
    assert admin.get(url("model", "m")).context["form"].initial == {"input": "1200.00", "output": "4.00"}


def test_price_may_be_planned(admin):
    make_price(model=make_model(name="m"))
    later = (clock.now() + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    shown = text(
        admin.post(url("model-price", "m"), {"input": "1", "output": "1", "effective_at": later}, follow=True)
    )
    assert ("Planned" in shown, "In force" in shown, "from the time you set" in shown) == (True, True, True)
    assert "Changes" in text(admin.get(url("models")))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"input": "-1", "output": "1"}, "greater than or equal to 0"),
        ({"input": "0.00001", "output": "1"}, "no more than 4 decimal places"),
        ({"input": "1"}, "This field is required"),
        ({"input": "1", "output": "1", "effective_at": "2021-01-01"}, "can&#x27;t begin in the past"),
        ({"input": "1", "output": "1", "effective_at": "soon"}, "Enter a valid date/time"),
    ],
)
def test_wrong_price_is_answered_in_words(admin, values, words):
    make_price(model=make_model(name="m"))
    response = admin.post(url("model-price", "m"), values)
    assert (response.status_code, words in text(response), Price.objects.count()) == (422, True, 1)


def upload(client, entries, **rest):
    file = io.BytesIO(entries if isinstance(entries, bytes) else json.dumps(entries).encode())
    file.name = "prices.json"
    return client.post(url("prices-import"), {"file": file, **rest})


@pytest.fixture
def listed(vendor):
    make_model(provider=vendor, name="unknown")
    return make_model(provider=vendor, name="m", vendor_name="gpt")


ENTRY = {"input_cost_per_token": 2.5e-6, "output_cost_per_token": 1e-5}


def test_import_shows_what_would_change_and_then_does_it(admin, listed):
    preview = upload(admin, {"gpt": ENTRY})
    shown = text(preview)
    assert ("1 price would change" in shown, "$2.50" in shown, "unknown" in shown) == (True, True, True)
    assert Price.objects.count() == 0
    response = admin.post(url("prices-apply"), {"plan": preview.context["packed"]}, follow=True)
    assert "1 prices are set" in text(response)
    assert (Price.objects.get().source, Price.objects.get().model) == ("prices.json: gpt", listed)


def test_import_taken_over_twice_is_refused(admin, listed):
    packed = upload(admin, {"gpt": ENTRY}).context["packed"]
    admin.post(url("prices-apply"), {"plan": packed})
    assert "Nothing was changed" in text(admin.post(url("prices-apply"), {"plan": packed}, follow=True))
    assert Price.objects.count() == 1


def test_import_of_a_wrong_file_names_its_places(admin, listed):
    response = upload(admin, {"gpt": {**ENTRY, "input_cost_per_token": "x"}})
    assert (response.status_code, "must be a number, not" in text(response)) == (422, True)
    response = upload(admin, b"<html>")
    assert (response.status_code, "not JSON" in text(response)) == (422, True)
    assert admin.post(url("prices-import")).status_code == 422


def test_import_shows_prices_that_disagree(admin, listed):
    shown = text(upload(admin, {"a/gpt": ENTRY, "b/gpt": {**ENTRY, "input_cost_per_token": 1e-6}}))
    assert "a/gpt, b/gpt" in shown


def test_import_warns_of_long_inputs(admin, listed):
    assert "Long inputs cost more." in text(
        upload(admin, {"gpt": {**ENTRY, "input_cost_per_token_above_200k_tokens": 1}})
    )


def test_simulated_provider_has_neither_address_nor_key_to_edit(admin):
    make_provider(slug="sim")
    assert "base_url" not in text(admin.get(url("provider-edit", "sim")))
    admin.post(url("provider-edit", "sim"), {"name": "S", "max_concurrency": 4, "settings": '{"seed": "x"}'})
    assert (Provider.objects.get().name, Provider.objects.get().settings) == ("S", {"seed": "x"})


def test_forged_plan_is_refused(admin):
    forged = signing.dumps({"rates": []}, salt="another")
    assert (
        "Nothing was changed".lower()
        in text(admin.post(url("prices-apply"), {"plan": forged}, follow=True)).lower()
    )
