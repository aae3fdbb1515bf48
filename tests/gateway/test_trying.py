"""Try it: the form, the call through a real gateway app, and what is shown of it."""

import http.server
import threading
from datetime import timedelta

import pytest
from django.urls import reverse

from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.core.errors import Conflict
from aiops.flags.models import GatewayProcess
from aiops.gateway import trying
from aiops.gateway.memory import MemoryVendors, memory_world
from aiops.gateway.picture import Key
from aiops.tenants.models import INTERNAL, ApiKey
from tests import factories
from tests.gateway.served import make_picture, serving
from tests.gateway.world import Vendor

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def our_own_tenant(db):
    factories.make_tenant(slug=INTERNAL)


@pytest.fixture
def feature():
    """Served by a prompt with the variables of the gateway's picture."""
    version = factories.make_version(variables={"ticket": {"type": "string"}})
    made = factories.make_feature(slug="summary")
    factories.make_deployment(feature=made, stable=factories.make_served(version=version))
    return made


@pytest.fixture
def gateway(settings):
    """A gateway that knows the console's key, and answers with something hostile."""
    trying.console_token()
    key = ApiKey.objects.get(console=True)
    keys = {key.public_id: Key(id=key.public_id, digest=key.digest, tenant=None)}
    world = memory_world(vendors=MemoryVendors({"small": Vendor(HOSTILE)}))
    with serving(make_picture(keys=keys, tenants=frozenset({"internal"})), world) as address:
        settings.GATEWAY_URL = address
        yield world


@pytest.fixture
def recorded(monkeypatch):
    """Records are there at once, as of the feature's newest call."""
    call = factories.make_call(feature="summary", output=HOSTILE, tenant="internal")
    monkeypatch.setattr("aiops.gateway.trying.stored", lambda _id: call)
    return call


def url(feature):
    return reverse("trying:page", args=[feature.slug])


def sent(client, feature, **values):
    return client.post(url(feature), {"tenant": "internal", "input.ticket": "Where is it?", **values})


def test_a_call_is_sent_and_its_stages_are_shown(as_role, feature, gateway, recorded):
    answer = sent(as_role("engineer"), feature)
    text = answer.content.decode()
    assert (answer.status_code, answer.context["answer"].outcome) == (200, "answered")
    assert answer.context["answer"].text == HOSTILE
    assert (HOSTILE in text, "&lt;script&gt;alert(1)" in text) == (False, True)
    assert [row.name for row in answer.context["waterfall"].rows][:2] == ["Record", "Fallback"]
    event = AuditEvent.objects.get(action="gateway.tried")
    assert (event.feature, event.after) == ("summary", {"tenant": "internal"})


def test_what_the_gateway_refuses_is_said_in_its_words(as_role, feature, gateway):
    globex = factories.make_tenant(slug="nobody-knows")
    answer = sent(as_role("engineer"), feature, tenant=globex.slug)
    assert answer.context["answer"].error == "There is no tenant 'nobody-knows'."
    assert answer.context["answer"].status == 400


def test_a_record_that_is_not_there_yet_is_waited_for(as_role, feature, gateway, monkeypatch):
    monkeypatch.setattr("aiops.gateway.trying.stored", lambda _id: None)
    answer = sent(as_role("engineer"), feature)
    call_id = answer.context["call_id"]
    assert f'hx-get="{reverse("trying:tried", args=["summary", call_id])}"' in answer.content.decode()


def test_a_passthrough_takes_a_message(as_role, gateway, recorded):
    served = factories.make_served(kind="passthrough", model=factories.make_price().model)
    feature = factories.make_deployment(feature=factories.make_feature(slug="summary"), stable=served).feature
    client = as_role("product")
    assert "System message" in client.get(url(feature)).content.decode()
    answer = client.post(url(feature), {"tenant": "internal", "system": "Be kind.", "message": "Hello"})
    assert (answer.status_code, answer.context["answer"].text) == (200, HOSTILE)


def test_an_embedding_takes_a_text():
    asked = trying.Asked(feature="vectors", tenant="internal", shape="embedding", by="x", message="lamp")
    assert trying.request_of(asked) == ("/v1/embeddings", {"model": "vectors", "input": "lamp", "user": ""})


def test_a_missing_input_is_asked_for_in_place(as_role, feature):
    answer = sent(as_role("engineer"), feature, **{"input.ticket": ""})
    assert (answer.status_code, answer.context["form"].errors) == (
        422,
        {"input.ticket": ["This field is required."]},
    )


def test_without_a_gateway_the_page_says_where_it_looked(as_role, feature, settings):
    settings.GATEWAY_URL = "http://127.0.0.1:9"
    answer = sent(as_role("engineer"), feature)
    assert (answer.status_code, "No gateway answers at http://127.0.0.1:9" in answer.content.decode()) == (
        503,
        True,
    )
    settings.GATEWAY_URL = ""
    assert "No gateway is seen on the console" in sent(as_role("engineer"), feature).content.decode()


def test_a_gateway_on_this_host_is_found_by_its_presence(settings, monkeypatch):
    settings.GATEWAY_URL = ""
    monkeypatch.setattr("socket.gethostname", lambda: "here")
    factories.make_process(host="elsewhere", port=1)
    factories.make_process(host="here", port=8214)
    assert trying.gateway_address() == "http://127.0.0.1:8214"
    GatewayProcess.objects.all().delete()
    with pytest.raises(trying.GatewayAway):
        trying.gateway_address()


def test_a_gateway_that_does_not_know_the_key_is_asked_again_for_a_while(feature, settings, monkeypatch):
    monkeypatch.setattr("aiops.gateway.trying.KNOWN_WITHIN", 0.0)
    asked = trying.Asked(feature="summary", tenant="internal", shape="inputs", by="x")
    with (
        serving(make_picture()) as settings.GATEWAY_URL,
        pytest.raises(trying.GatewayAway, match="same data"),
    ):
        trying.send(asked, 3)


def test_what_is_no_gateway_is_said_to_be_none(settings):
    class Other(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        settings.GATEWAY_URL = f"http://127.0.0.1:{server.server_port}"
        asked = trying.Asked(feature="summary", tenant="internal", shape="inputs", by="x")
        with pytest.raises(trying.GatewayAway, match="is no gateway"):
            trying.send(asked, 3)


def test_nobody_sends_more_than_the_seats_hold():
    asked = trying.Asked(feature="summary", tenant="internal", shape="inputs", by="x")
    for _ in range(trying.AT_ONCE):
        trying._seats.acquire()
    try:
        with pytest.raises(Conflict, match="under way"):
            trying.send(asked, 3)
    finally:
        trying._seats.release(trying.AT_ONCE)


def test_nobody_sends_more_than_so_many_in_a_minute(as_role, feature, settings, monkeypatch):
    monkeypatch.setattr("aiops.gateway.actions.MOST_TRIES", 1)
    settings.GATEWAY_URL = "http://127.0.0.1:9"
    client = as_role("engineer")
    sent(client, feature)
    assert "You have sent 1 calls in the last minute." in sent(client, feature).content.decode()


def test_the_consoles_key_is_kept_until_it_ends_soon(settings):
    first = trying.console_token()
    assert trying.console_token() == first
    ApiKey.objects.filter(console=True).update(expires_at=clock.now() + timedelta(minutes=9))
    second = trying.console_token()
    assert second != first
    settings.SECRET_KEY = "another"
    assert trying.console_token() != second


def test_keys_that_are_over_go_and_nobody_is_shown_the_consoles(as_role):
    trying.console_token()
    key = ApiKey.objects.get(console=True)
    client = as_role("administrator")
    assert key.public_id not in client.get(reverse("keys:list")).content.decode()
    assert client.get(reverse("keys:edit", args=[key.pk])).status_code == 404
    ApiKey.objects.filter(pk=key.pk).update(expires_at=clock.now() - timedelta(minutes=1))
    trying.console_token()
    assert ApiKey.objects.filter(pk=key.pk).exists() is False


def test_a_call_has_a_page_of_its_own_to_try_again(as_role, feature, recorded, django_assert_num_queries):
    client, address = as_role("engineer"), reverse("trying:tried", args=["summary", recorded.id])
    page = client.get(address)
    assert page.context["form"].initial["input.ticket"] == "Where is my lamp?"
    with django_assert_num_queries(10):
        client.get(address)
    fragment = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert (fragment.startswith('<div id="record"'), "hx-trigger" in fragment) == (True, False)
    assert client.get(reverse("trying:tried", args=["summary", "nonsense"])).status_code == 404


def test_without_a_deployment_there_is_nothing_to_try(as_role):
    text = as_role("engineer").get(url(factories.make_feature())).content.decode()
    assert "Nothing serves this feature yet" in text


@pytest.mark.parametrize("role", ["viewer", "reviewer", "finance", "auditor"])
def test_who_may_not_spend_by_trying_does_not(as_role, feature, role):
    assert sent(as_role(role), feature).status_code == 403


def test_an_unreadable_policy_has_the_usual_deadline(as_role, feature, gateway, recorded):
    factories.make_policy(feature=feature, settings={"nonsense": 1})
    assert sent(as_role("engineer"), feature).status_code == 200
