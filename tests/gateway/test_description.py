"""The gateway's OpenAPI: it describes what is served, and nothing sent by it or against it is a 5xx."""

from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiops.gateway.description import description
from aiops.gateway.http import ROUTES
from aiops.gateway.memory import MemoryVendors, memory_world
from aiops.gateway.picture import Deployment, Feature, Passthrough
from aiops.providers.simulated import Simulated
from tests.gateway.served import TOKEN, make_picture, serving
from tests.gateway.world import make_approach

HEADERS = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
RIGHT: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": "summary", "messages": [{"role": "user", "content": "x"}]},
    "/v1/features/{feature}/invoke": {"inputs": {"ticket": "It broke."}},
    "/v1/embeddings": {"model": "vectors", "input": ["x"]},
    "/v1/feedback": {"call_id": "call_01KBRP0000AAAAAAAAAAAAAAAA"},
    "/ofrep/v1/evaluate/flags": {"context": {"targetingKey": "u-1"}},
    "/ofrep/v1/evaluate/flags/{key}": {"context": {}},
}
NAMED = {"feature": "summary", "key": "summary", "id": "tkt_1"}


def make_full_picture():
    vectors = Feature(
        slug="vectors", kind="embedding", deployment=Deployment(stable=Passthrough(model="small"))
    )
    summary = Feature(slug="summary", deployment=Deployment(stable=make_approach()))
    return make_picture(features={"summary": summary, "vectors": vectors})


@pytest.fixture(scope="module")
def served() -> Iterator[httpx.Client]:
    world = memory_world(vendors=MemoryVendors({"small": Simulated({"time_scale": 0})}))
    with serving(make_full_picture(), world) as url, httpx.Client(base_url=url, headers=HEADERS) as client:
        yield client


def test_every_route_is_described_with_its_method():
    told = {(path, method.upper()) for path, item in description()["paths"].items() for method in item}
    assert told == {(path, method) for method, path in ROUTES}


def test_every_reference_leads_somewhere(served):
    document = served.get("/openapi.json").json()
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(_references(document)) <= known


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from _references(one)


def test_every_example_is_answered(served):
    found = {path: served.post(path.format(**NAMED), json=body).status_code for path, body in RIGHT.items()}
    assert found == {**dict.fromkeys(RIGHT, 200), "/v1/feedback": 202}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
SCHEMAS = description()["components"]["schemas"]
FIELDS = sorted(
    {name for body in ("Chat", "Invoke", "Embeddings", "Feedback") for name in SCHEMAS[body]["properties"]}
)
QUICK = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@QUICK
@given(
    path=st.sampled_from(sorted(RIGHT)), changes=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3)
)
def test_a_field_of_any_kind_is_answered_or_refused(served, path, changes):
    answer = served.post(path.format(**NAMED), content=orjson.dumps({**RIGHT[path], **_storable(changes)}))
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert answer.json().keys() & {"error", "errorDetails"}


@QUICK
@given(path=st.sampled_from(sorted(RIGHT)), body=st.binary(max_size=60))
def test_bytes_of_any_kind_are_refused(served, path, body):
    assert served.post(path.format(**NAMED), content=body).status_code in {200, 400}


@QUICK
@given(path=st.sampled_from([*description()["paths"], "/{any}"]), name=st.text(min_size=1, max_size=20))
def test_names_of_any_kind_are_found_or_not(served, path, name):
    where = httpx.URL(str(served.base_url)).copy_with(raw_path=_path(path, name))
    answer = served.request(
        "POST" if path in RIGHT else "GET", where, content=b"{}" if path in RIGHT else None
    )
    assert answer.status_code in {200, 202, 400, 404, 405}


def _path(path: str, name: str) -> bytes:
    from urllib.parse import quote  # noqa: PLC0415 - beside its one use

    quoted = quote(name.encode(errors="surrogatepass"), safe="")
    return "/".join(quoted if part.startswith("{") else part for part in path.split("/")).encode()


def _storable(value: Any) -> Any:
    """What orjson can write: whole numbers of 64 bits."""
    if isinstance(value, dict):
        return {name: _storable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_storable(part) for part in value]
    return value % 2**63 if type(value) is int else value
