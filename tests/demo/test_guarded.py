"""Guardrails of the demo's past are the gateway's own."""

import pytest

from aiops.demo import guarded
from aiops.gateway import painting
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def record(output, feature="contract-terms"):
    facts = {"tenant": "acme", "locale": "en", "category": "supply", "outcome": "answered"}
    return {**facts, "feature": feature, "inputs": {"ticket": "Lamp?"}, "output": output, "checks": []}


def test_what_fails_waits_for_a_person_and_the_rest_is_counted():
    feature = factories.make_feature(slug="contract-terms")
    settings = {"guardrails": {"length": "enforce", "length_rules": {"unit": "characters", "most": 5}}}
    factories.make_policy(feature=feature, settings=settings)
    factories.make_deployment(feature=feature)
    factories.make_tenant(slug="acme")
    good, bad, other = guarded.examine(
        painting.paint().picture, [record("Yes."), record("By no means."), record("Long enough.", "else")]
    )
    assert (good["outcome"], [check["passed"] for check in good["checks"]]) == ("answered", [True])
    assert (bad["outcome"], bad["served_by"], bad["output"], bad["rejected"]) == (
        "queued",
        "person",
        "",
        "By no means.",
    )
    assert bad["error"].startswith("The output did not pass length")
    assert (other["outcome"], other["checks"]) == ("answered", [])
