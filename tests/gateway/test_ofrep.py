"""Flags by the unchanged OpenFeature client, and what the protocol asks beyond it."""

from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import FlagNotFoundError, GeneralError, InvalidContextError, OpenFeatureError

from aiops.core import sticky
from aiops.gateway.picture import Deployment, Feature, Flag, Stop
from tests.gateway.served import SERVICE, TOKEN, make_picture, serving
from tests.gateway.world import make_approach

HALF = Flag(key="half", on=True, limited=True, tenants=frozenset({"globex"}), percent=Decimal(50), salt="s")
FLAGS = {
    "free": None,
    "off": Flag(key="off", on=False),
    "on": Flag(key="on", on=True),
    "half": HALF,
    "dark": Flag(key="dark", on=None, when_unknown=False),
    "summary": None,
    "stopped": Flag(key="stopped", on=True),
}
HEADERS = {"authorization": f"Bearer {TOKEN}"}


def picture(**parts):
    deployment = Deployment(stable=make_approach())
    features = {slug: Feature(slug=slug, flag=flag, deployment=deployment) for slug, flag in FLAGS.items()}
    stop = Stop(scope="feature", target="stopped", reason="It leaks.")
    return make_picture(**{"features": features, "stops": (stop,), **parts})


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(picture()) as url:
        yield url


def provider(address: str, token: str = TOKEN, **headers: str) -> OFREPProvider:
    return OFREPProvider(address, headers_factory=lambda: {"authorization": f"Bearer {token}", **headers})


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("free", True, "STATIC"),
        ("on", True, "STATIC"),
        ("off", False, "DISABLED"),
        ("dark", False, "UNKNOWN"),
        ("stopped", False, "DISABLED"),
    ],
)
def test_the_client_reads_a_flag(address, key, value, reason):
    found = provider(address).resolve_boolean_details(key, default_value=not value)
    assert (found.value, found.reason, found.variant) == (value, reason, "on" if value else "off")


def test_a_kill_stands_in_the_metadata(address):
    told = provider(address).resolve_boolean_details("stopped", default_value=True).flag_metadata
    assert {name: told[name] for name in ("kill", "killReason")} == {
        "kill": "feature",
        "killReason": "It leaks.",
    }


def test_a_share_is_the_one_that_calls_meet(address):
    met = provider(address)
    for user in ("u-1", "u-2", "u-3", "u-4"):
        found = met.resolve_boolean_details("half", False, EvaluationContext(user, {"plan": ["a", 1, {}]}))
        assert found.value == sticky.enabled("s", f"acme:{user}", Decimal(50))
        assert (found.reason, type(found.flag_metadata["percent"])) == ("SPLIT", float)


@pytest.mark.parametrize(
    ("context", "headers"), [({"tenant": "globex"}, {}), ({}, {"x-aiops-tenant": "globex"})]
)
def test_a_service_key_names_the_tenant(address, context, headers):
    met = provider(address, SERVICE, **headers)
    assert met.resolve_boolean_details("summary", False, EvaluationContext(attributes=context)).value
    with pytest.raises(FlagNotFoundError):
        met.resolve_boolean_details("half", False, EvaluationContext(attributes=context))


@pytest.mark.parametrize(
    ("token", "key", "context", "error"),
    [
        (TOKEN, "nothing", None, FlagNotFoundError),
        ("aiops_sk_nonsense", "on", None, OpenFeatureError),
        (TOKEN, "on", EvaluationContext(7), InvalidContextError),
        (SERVICE, "summary", None, InvalidContextError),
        (SERVICE, "summary", EvaluationContext(attributes={"tenant": "nobody"}), InvalidContextError),
    ],
)
def test_errors_are_the_clients_own(address, token, key, context, error):
    with pytest.raises(error):
        provider(address, token).resolve_boolean_details(key, False, context)


def test_a_gateway_without_decisions_is_a_general_error():
    with serving(None) as url, pytest.raises((GeneralError, OpenFeatureError)):
        provider(url).resolve_boolean_details("on", default_value=False)


@pytest.mark.parametrize(
    "body", ["{", "[]", '{"context": 5}', '{"context": {"targetingKey": {}}}', '{"a":1,"a":2}']
)
@pytest.mark.parametrize("path", ["", "/on"])
def test_every_400_has_details(address, body, path):
    headers = {**HEADERS, "content-type": "application/json"}
    answer = httpx.post(f"{address}/ofrep/v1/evaluate/flags{path}", headers=headers, content=body)
    said = answer.json()
    assert (answer.status_code, said["errorCode"] in {"PARSE_ERROR", "INVALID_CONTEXT"}) == (400, True)
    assert (bool(said["errorDetails"]), said.get("key")) == (True, "on" if path else None)


def every(address: str, **headers: str) -> httpx.Response:
    asked = {"context": {"targetingKey": "u-1"}}
    return httpx.post(f"{address}/ofrep/v1/evaluate/flags", headers={**HEADERS, **headers}, json=asked)


def test_all_flags_come_at_once_and_only_when_they_changed(address):
    first = every(address)
    told = {one["key"]: (one["value"], one["variant"], one["reason"]) for one in first.json()["flags"]}
    again = every(address, **{"if-none-match": f'"x", W/{first.headers["etag"]}'})
    assert (list(told), told["off"]) == (sorted(FLAGS), (False, "off", "DISABLED"))
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    with serving(picture(stops=(), revision=2)) as url:
        assert every(url, **{"if-none-match": first.headers["etag"]}).status_code == 200
