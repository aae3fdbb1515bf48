from datetime import timedelta

import pytest

from aiops.core import clock
from aiops.core.errors import InvalidInput
from aiops.features import actions
from aiops.features.models import KeyFeature
from aiops.tenants import actions as tenants
from aiops.tenants.models import ApiKey
from aiops.tenants.tokens import digest_of, new_token, read_token
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def engineer(as_role):
    return as_role("engineer")


def test_a_token_reads_as_its_parts():
    token = new_token()
    assert read_token(str(token)) == token
    assert (len(token.public_id), len(token.secret)) == (8, 43)


@pytest.mark.parametrize("text", ["", "aiops_sk_", "aiops_pat_abcdefgh_x", "aiops_sk_ABCDEFGH_" + "a" * 43])
def test_what_is_no_token_has_no_parts(text):
    assert read_token(text) is None


def test_only_the_digest_of_a_secret_is_kept(user):
    key, token = tenants.create_key(by=user, name="App", tenant=factories.make_tenant())
    parts = read_token(token)
    assert (key.public_id, key.digest) == (parts.public_id, digest_of(parts.secret))


def test_a_key_needs_a_name_and_a_time_to_come(user):
    with pytest.raises(InvalidInput, match="what the key is for"):
        tenants.create_key(by=user, name=" ", tenant=None)
    with pytest.raises(InvalidInput, match="over already"):
        tenants.create_key(by=user, name="App", tenant=None, expires_at=clock.now())


def test_a_key_is_revoked_once(user):
    key = tenants.revoke_key(by=user, key=factories.make_key())
    again = tenants.revoke_key(by=factories.make_user(), key=key)
    assert (again.revoked_by, again.is_alive) == (user, False)


def test_limits_are_replaced(user):
    key, first, second = factories.make_key(), factories.make_feature(), factories.make_feature()
    actions.limit_key(by=user, key=key, features=[first])
    actions.limit_key(by=user, key=key, features=[first, second])
    actions.limit_key(by=user, key=key, features=[second])
    assert [limit.feature for limit in KeyFeature.objects.filter(key=key)] == [second]


def test_a_new_key_is_shown_once(engineer):
    tenant, feature = factories.make_tenant(), factories.make_feature()
    until = (clock.now() + timedelta(days=30)).date()
    answer = engineer.post(
        "/keys/new/",
        {"name": "App", "tenant": tenant.slug, "features": [feature.slug], "expires_on": until.isoformat()},
    )
    key, said = ApiKey.objects.get(), answer.content.decode()
    assert f"aiops_sk_{key.public_id}_" in said
    assert "no-store" in answer["Cache-Control"]
    assert (key.tenant, key.created_by, key.expires_at.date()) == (
        tenant,
        engineer.user,
        until + timedelta(days=1),
    )
    listed = engineer.get("/keys/").content.decode()
    assert (f"aiops_sk_{key.public_id}_…" in listed, feature.slug in listed) == (True, True)


def test_a_key_whose_last_day_is_over_is_refused(engineer):
    answer = engineer.post("/keys/new/", {"name": "App", "expires_on": "2020-01-01"})
    assert (answer.status_code, "over already" in answer.content.decode()) == (422, True)


def test_limits_are_edited_and_a_key_is_revoked_on_its_page(engineer):
    key, feature = factories.make_key(), factories.make_feature()
    engineer.post(f"/keys/{key.pk}/", {"features": [feature.slug]})
    assert KeyFeature.objects.get().feature == feature
    engineer.post(f"/keys/{key.pk}/revoke/", {"reason": "leaked"})
    assert "for ever" in engineer.get(f"/keys/{key.pk}/").content.decode()
    assert "No key yet" in engineer.get("/keys/").content.decode()
    assert key.name in engineer.get("/keys/?revoked=1").content.decode()


def test_keys_are_narrowed_by_tenant_and_text(engineer):
    key, service = factories.make_key(), factories.make_key(tenant=None)
    by_tenant = engineer.get(f"/keys/?tenant={key.tenant.slug}").content.decode()
    services = engineer.get("/keys/?tenant=service").content.decode()
    assert (key.public_id in by_tenant, service.public_id in by_tenant) == (True, False)
    assert (key.public_id in services, service.public_id in services) == (False, True)
    assert "No key matches" in engineer.get("/keys/?text=zzz").content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_as_many_questions_for_three_as_for_one(rows, engineer, django_assert_max_num_queries):
    for _ in range(rows):
        KeyFeature.objects.create(key=factories.make_key(), feature=factories.make_feature())
    with django_assert_max_num_queries(8):
        engineer.get("/keys/")
