"""Embeddings by the unchanged `openai` client: priced, held and recorded as any other call."""

import base64
import json
import struct
from decimal import Decimal

import httpx
import openai
import pytest

from aiops.gateway.memory import MemoryLedger, MemoryVendors, memory_world
from aiops.gateway.picture import Deployment, Feature, Passthrough, Stop
from aiops.providers.openai_compatible import OpenAICompatible
from aiops.providers.retry import ONCE
from aiops.providers.simulated import Simulated
from tests.fakes.model_server import ModelServer
from tests.gateway.served import TOKEN, make_picture, serving
from tests.gateway.test_openai_client import client
from tests.gateway.world import RATE, Vendor

TEXTS = ["refund my order", "the refund of my order", "壊れた電話"]


def picture(policy=None, **parts):
    deployment = Deployment(stable=Passthrough(model="small"))
    feature = {"slug": "vectors", "kind": "embedding", "deployment": deployment}
    return make_picture(
        features={"vectors": Feature(**feature, **({"policy": policy} if policy else {}))}, **parts
    )


def world(adapter=None, **ports):
    return memory_world(vendors=MemoryVendors({"small": adapter or Simulated({})}), **ports)


def closeness(one, other) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_texts_become_vectors_that_are_near_where_words_are_shared():
    met = world()
    with serving(picture(), met) as url:
        answer = client(url).embeddings.create(model="vectors", input=TEXTS)
    first, second, third = (one.embedding for one in answer.data)
    assert [closeness(first, other) > 0.4 for other in (second, third)] == [True, False]
    assert (len(first), answer.model, answer.usage.prompt_tokens) == (512, "small", answer.usage.total_tokens)
    (record,) = met.recorder.records
    assert (record["outcome"], record["tokens"]["input"]) == ("answered", answer.usage.prompt_tokens)
    assert Decimal(record["cost"]) == RATE * answer.usage.prompt_tokens == met.ledger.spent
    assert (answer.aiops["cost_usd"], met.ledger.held) == (f"{met.ledger.spent:.10f}", 0)


def test_both_encodings_hold_the_same_vector():
    with serving(picture(), world()) as url:
        embeddings = client(url).embeddings
        asked = {"model": "vectors", "input": "refund", "dimensions": 8}
        plain = embeddings.create(**asked, encoding_format="float").data[0].embedding
        packed = embeddings.create(**asked, encoding_format="base64").data[0].embedding
        unpacked = embeddings.create(**asked).data[0].embedding  # the client asks for base64 by itself
    assert struct.unpack("<8f", base64.b64decode(packed)) == pytest.approx(plain, abs=1e-6)
    assert unpacked == pytest.approx(plain, abs=1e-6)


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"input": [1, 2, 3]}, "input"),
        ({"input": [[1, 2]]}, "input"),
        ({"input": []}, "input"),
        ({"input": [""]}, "input.0"),
        ({"dimensions": 0}, "dimensions"),
        ({"encoding_format": "hex"}, "encoding_format"),
        ({"extra_body": {"truncate": 1}}, "truncate"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(asked, param):
    with serving(picture(), world()) as url, pytest.raises(openai.BadRequestError) as caught:
        client(url).embeddings.create(
            **{"model": "vectors", "input": "x", "encoding_format": "float", **asked}
        )
    assert caught.value.param == param


def test_each_kind_of_feature_has_its_own_address():
    with serving(picture(), world()) as url:
        with pytest.raises(openai.NotFoundError):
            client(url).chat.completions.create(model="vectors", messages=[{"role": "user", "content": "x"}])
        with pytest.raises(openai.NotFoundError):
            client(url).embeddings.create(model="summary", input="x")


@pytest.mark.parametrize(
    ("parts", "ports", "error", "code"),
    [
        ({}, {"ledger": MemoryLedger(Decimal(0))}, openai.RateLimitError, "budget_exceeded"),
        ({"stops": (Stop(scope="global"),)}, {}, openai.InternalServerError, "feature_disabled"),
        ({}, {"adapter": Vendor("talks only")}, openai.InternalServerError, "provider_error"),
    ],
)
def test_nothing_stands_for_a_vector(parts, ports, error, code):
    from aiops.features.policy import Policy  # noqa: PLC0415 - beside its one use

    policy = Policy.model_validate({"fallbacks": [{"kind": "text", "text": "Later."}]})
    with serving(picture(policy, **parts), world(**ports)) as url, pytest.raises(error) as caught:
        client(url).embeddings.create(model="vectors", input="x")
    assert caught.value.code == code


def body(*vectors, **changes) -> str:
    rows = [{"index": index, "embedding": vector} for index, vector in enumerate(vectors)]
    return json.dumps({"data": rows, "usage": {"prompt_tokens": 7}, **changes})


@pytest.mark.parametrize(
    ("fault", "status", "says"),
    [
        ("body:" + body([0.5, 1]), 200, [0.5, 1.0]),
        ("body:" + body([0.5, 1], usage=None), 200, [0.5, 1.0]),
        ("body:" + body([0.5, 1, 2]), 400, "dimensions"),
        ("body:" + body(), 502, None),
        ("body:" + body(["x"]), 502, None),
        ("body:" + body([]), 502, None),
        ("body:" + body([1e999]).replace("Infinity", "1e999"), 502, None),
        ("body:" + body([1, 2]).replace('"index": 0', '"index": 5'), 502, None),
        ("html", 502, None),
        ("429", 502, None),
    ],
)
def test_a_vendors_vectors_are_read_strictly(fault, status, says):
    with ModelServer() as vendor:
        vendor.always = fault
        vendor.every = 1
        adapter = OpenAICompatible(base_url=vendor.base_url, policy=ONCE)
        with serving(picture(), world(adapter)) as url:
            asked = {"model": "vectors", "input": ["x"], "dimensions": 2}
            headers = {"authorization": f"Bearer {TOKEN}"}
            answer = httpx.post(f"{url}/v1/embeddings", headers=headers, json=asked, timeout=20)
    told = answer.json()
    assert answer.status_code == status
    if status == 200:
        assert told["data"][0]["embedding"] == says
    elif says:
        assert told["error"]["param"] == says
    assert vendor.requests[0].body == {**asked, "model": "small", "encoding_format": "float"}


def test_an_empty_vector_is_never_made():
    from aiops.providers.simulated.vectors import embed  # noqa: PLC0415 - beside its one use

    assert embed("…", 4) == (1.0, 0.0, 0.0, 0.0)
