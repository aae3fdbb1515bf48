"""The demo's help centre finds what people ask in five languages."""

import pytest

from aiops.demo import content, deciding, knowing
from aiops.deployments.models import Deployment
from aiops.knowledge.models import Document, Source
from aiops.knowledge.searching import search
from tests import factories
from tests.demo.measure import cases

pytestmark = pytest.mark.django_db
QUESTIONS = [
    ("en", "How many days do I have to return a toaster?", "returns.md"),
    ("de", "Wie lange kann ich ein Gerät zurückgeben?", "de/rueckgabe.md"),
    ("fr", "Combien de jours ai-je pour retourner un appareil ?", "fr/retours.md"),
    ("es", "¿Cuántos días tengo para devolver un aparato?", "es/devoluciones.md"),
    ("ja", "返品は何日以内ですか", "ja/henpin.md"),
]


@pytest.fixture
def loaded():
    engineer = factories.make_user(roles=["engineer"])
    content_model = content.manifest().models["sim-small"]
    knowing.building.model("sim-small", content_model, by=engineer)
    other = factories.make_feature(slug="policy-answers")
    for _ in range(2):
        knowing.help_centre(by=engineer, engineer=engineer)
    return other


def test_the_help_centre_is_served_and_has_all_documents_once(loaded):
    served = Deployment.objects.get().stable
    assert (served.version.prompt.name, served.model.name) == ("help-centre", "sim-small")
    assert {source.feature.slug for source in Source.objects.all()} == {"help-centre", "policy-answers"}
    files = {path.relative_to(knowing.FOLDER).as_posix() for path in knowing.FOLDER.rglob("*.md")}
    assert set(Document.objects.filter(source__feature=loaded).values_list("path", flat=True)) == files
    assert deciding.wanted().policies["help-centre"].settings.retrieval.on
    for locale, question, path in QUESTIONS:
        found = search("help-centre", question, locale=locale)[0]
        assert (found.path, found.url) == (path, f"https://help.example/{path[:-3]}")
    asked = [
        (case["inputs"]["question"], case["metadata"].get("document")) for case in cases("policy-answers")
    ]
    known = [(question, path) for question, path in asked if path]
    hits = sum(path in {one.path for one in search("help-centre", question)} for question, path in known)
    assert hits >= 0.9 * len(known), f"{hits} of {len(known)}"
