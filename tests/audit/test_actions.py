import pytest

from aiops.audit import actions as audit
from aiops.audit.models import AuditEvent
from aiops.audit.origin import client_address
from aiops.core.actors import SystemActor
from tests.factories import make_tenant


@pytest.mark.django_db(transaction=True)
def test_record_outside_of_a_transaction_refuses():
    tenant = make_tenant()
    with pytest.raises(RuntimeError, match="needs the transaction of the act"):
        audit.record(by=SystemActor("shell"), action="tests.act", on=tenant)


def test_record_says_who_did_what_to_which_thing(user):
    tenant = make_tenant(slug="acme")
    audit.record(
        by=user, action="tests.act", on=tenant, before={"a": 1}, after={"a": 2}, reason="why", feature="f"
    )
    event = AuditEvent.objects.values().get()
    assert {name: value for name, value in event.items() if name not in {"id", "at"}} == {
        "actor_id": f"user:{user.pk}",
        "actor_label": user.email,
        "action": "tests.act",
        "object_type": "tenants.tenant",
        "object_id": str(tenant.pk),
        "object_label": "acme",
        "feature": "f",
        "before": {"a": 1},
        "after": {"a": 2},
        "reason": "why",
        "origin": "shell",
    }


@pytest.mark.parametrize(
    ("trusted", "remote", "forwarded", "origin"),
    [
        ([], "203.0.113.9", "198.51.100.7", "203.0.113.9"),
        (["10.0.0.0/8"], "203.0.113.9", "198.51.100.7", "203.0.113.9"),
        (["10.0.0.0/8"], "10.0.0.1", "198.51.100.7", "198.51.100.7"),
        (["10.0.0.0/8"], "10.0.0.1", "1.1.1.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (["10.0.0.0/8"], "10.0.0.1", "1.1.1.1, nonsense", "10.0.0.1"),
        (["10.0.0.0/8"], "10.0.0.1", "", "10.0.0.1"),
        (["10.0.0.0/8"], "", "", ""),
    ],
)
def test_the_origin_is_the_address_that_a_trusted_proxy_names(
    settings, rf, trusted, remote, forwarded, origin
):
    settings.TRUSTED_PROXIES = trusted
    request = rf.get("/", REMOTE_ADDR=remote, **({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}))
    assert client_address(request) == origin
