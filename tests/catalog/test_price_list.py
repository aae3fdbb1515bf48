import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from aiops.audit.models import AuditEvent
from aiops.catalog import actions, price_list, queries
from aiops.catalog.models import Model, Price
from aiops.core import clock
from aiops.core.errors import Conflict, InvalidInput
from tests.factories import make_model, make_price, make_provider

pytestmark = pytest.mark.django_db
GPT = {
    "input_cost_per_token": 2.5e-06,
    "cache_read_input_token_cost": 1.25e-06,
    "output_cost_per_token": 1e-05,
    "litellm_provider": "openai",
    "max_input_tokens": 128000,
    "max_output_tokens": 16384,
    "mode": "chat",
}


def content(**entries):
    return json.dumps({"sample_spec": {"input_cost_per_token": "explained here"}, **entries}).encode()


def openai(vendor_name="gpt-4o", url="https://api.openai.com/v1"):
    return make_model(
        name=f"{vendor_name}-{Model.objects.count()}",
        vendor_name=vendor_name,
        provider=make_provider(kind="openai_compatible", base_url=url),
    )


def imported(user, file, at=None):
    return actions.import_prices(by=user, file=io.BytesIO(file), effective_at=at or clock.now())


def listed_as(model, **entries):
    found = price_list.match(model, price_list.read(content(**entries)))
    return [entry.name for entry in found]


def test_import_sets_the_price_of_each_class(user):
    model = openai()
    plan = imported(user, content(**{"gpt-4o": GPT}))
    price = queries.price_at(model, clock.now())
    assert price is not None
    assert price.per_million == {
        "input": "$2.50",
        "cached_input": "$1.25",
        "cache_write": "",
        "output": "$10.00",
        "reasoning": "",
    }
    assert (price.source, plan.effective_at) == ("price list: gpt-4o", price.effective_at)
    assert AuditEvent.objects.filter(action="catalog.price_set").count() == 1


def test_import_of_the_same_list_changes_nothing_more(user):
    openai()
    imported(user, content(**{"gpt-4o": GPT}))
    plan = imported(user, content(**{"gpt-4o": GPT}))
    assert (len(plan.changes), len(plan.unchanged), Price.objects.count()) == (0, 1, 1)


def test_import_for_a_later_day_leaves_today_alone(user):
    model = openai()
    make_price(model=model)
    imported(user, content(**{"gpt-4o": GPT}), clock.now() + timedelta(days=30))
    assert queries.price_at(model, clock.now()).per_million["input"] == "$1.00"


def test_floats_are_read_as_they_are_written(user):
    openai()
    imported(
        user, b'{"gpt-4o": {"input_cost_per_token": 1.0000000000000001e-07, "output_cost_per_token": 6e-7}}'
    )
    assert Price.objects.get().input == Decimal("0.0000001")


def test_models_that_the_list_lacks_are_named(user):
    model = openai("my-own")
    assert imported(user, content(**{"gpt-4o": GPT})).unknown == (model,)


def test_simulated_models_are_left_alone(user):
    make_model(vendor_name="gpt-4o")
    plan = imported(user, content(**{"gpt-4o": GPT}))
    assert (plan.changes, plan.unknown) == ((), ())


def test_vendors_prefix_is_left_out_where_needed():
    assert listed_as(
        openai("llama-3", "https://api.groq.com/openai/v1"),
        **{"groq/llama-3": {**GPT, "litellm_provider": "groq"}},
    ) == ["groq/llama-3"]


def test_entry_of_the_own_vendor_goes_before_the_plain_one():
    entries = {"gpt-4o": GPT, "azure/gpt-4o": {**GPT, "litellm_provider": "azure"}}
    assert listed_as(openai(url="https://x.openai.azure.com/openai/v1"), **entries) == ["azure/gpt-4o"]
    assert listed_as(openai("gpt-4o", "http://localhost:4000/v1"), **entries) == ["gpt-4o"]


def test_anthropic_finds_its_own():
    model = make_model(
        vendor_name="claude-x", provider=make_provider(kind="anthropic", base_url="https://proxy.internal")
    )
    entries = {
        "claude-x": {**GPT, "litellm_provider": "anthropic"},
        "bedrock/claude-x": {**GPT, "litellm_provider": "bedrock"},
    }
    assert listed_as(model, **entries) == ["claude-x"]


def test_vendors_that_disagree_are_left_to_people(user):
    model = openai("llama-3", "http://vllm:8000/v1")
    entries = {
        "a/llama-3": {**GPT, "litellm_provider": "a"},
        "b/llama-3": {**GPT, "litellm_provider": "b", "output_cost_per_token": 9},
    }
    entries["b/llama-3"]["output_cost_per_token"] = 9e-06
    plan = imported(user, content(**entries))
    assert (plan.ambiguous, plan.changes) == (((model, ("a/llama-3", "b/llama-3")),), ())


@pytest.mark.parametrize(
    "entry",
    [
        {**GPT, "mode": "image_generation"},
        {"litellm_provider": "openai"},
        {**GPT, "output_cost_per_token": None},
    ],
)
def test_entries_without_a_price_of_text_are_passed_over(user, entry):
    model = openai()
    assert imported(user, content(**{"gpt-4o": entry})).unknown == (model,)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a": {"input_cost_per_token": NaN}}', "NaN is no number"),
        (b'{"a": {"input_cost_per_token": Infinity}}', "Infinity is no number"),
        (b"[]", "must be a JSON object"),
        (b'{"a": {}, "a": {}}', "has 'a' twice"),
        (b"[" * 100_000, "not JSON"),
        (b" " * (16 * 1024 * 1024 + 1), "longer than 16 MB"),
    ],
)
def test_what_is_no_price_list_is_refused(user, file, words):
    with pytest.raises(InvalidInput, match=words):
        imported(user, file)


def test_wrong_entries_are_all_named_and_nothing_is_changed(user):
    openai()
    file = content(
        **{
            "gpt-4o": GPT,
            "a": [],
            "b": {"input_cost_per_token": "cheap"},
            "c": {"output_cost_per_token": -1e-6},
            "d": {"cache_read_input_token_cost": True},
            "e": {"output_cost_per_reasoning_token": 2.5},
        }
    )
    with pytest.raises(InvalidInput, match="wrong in 5 places") as caught:
        imported(user, file)
    assert [str(problem) for problem in caught.value.problems] == [
        "a: must be an object",
        "b: input_cost_per_token must be a number, not 'cheap'",
        "c: output_cost_per_token is -0.000001 USD for one token; it must be from 0 to below 1",
        "d: cache_read_input_token_cost must be a number, not 'True'",
        "e: output_cost_per_reasoning_token is 2.5 USD for one token; it must be from 0 to below 1",
    ]
    assert Price.objects.count() == 0


def test_byte_order_mark_is_skipped(user):
    openai()
    assert len(imported(user, b"\xef\xbb\xbf" + content(**{"gpt-4o": GPT})).changes) == 1


def test_import_into_the_past_is_refused_whole(user):
    make_price(model=openai("gpt-4o"))
    openai("gpt-5")
    file = content(**{"gpt-4o": GPT, "gpt-5": GPT})
    with pytest.raises(InvalidInput, match="can't begin in the past"):
        imported(user, file, datetime(2024, 1, 1, tzinfo=UTC))
    assert Price.objects.count() == 1


def test_change_shows_only_the_classes_that_change():
    model = openai()
    make_price(model=model, output=Decimal("0.00001"))
    (change,) = price_list.plan(content(**{"gpt-4o": GPT}), effective_at=clock.now()).changes
    assert change.rows == [("Input", "$1.00", "$2.50"), ("Cached input", "", "$1.25")]


def test_packed_plan_is_the_same_plan():
    openai()
    plan = price_list.plan(content(**{"gpt-4o": GPT}), effective_at=clock.now())
    again, source = price_list.unpack(json.loads(json.dumps(price_list.pack(plan, "f.json"))))
    assert (again.changes, again.effective_at, source) == (plan.changes, plan.effective_at, "f.json")


def test_packed_plan_of_a_deleted_model_is_refused():
    model = openai()
    packed = price_list.pack(price_list.plan(content(**{"gpt-4o": GPT}), effective_at=clock.now()), "f.json")
    model.delete()
    with pytest.raises(Conflict, match="deleted meanwhile"):
        price_list.unpack(packed)
