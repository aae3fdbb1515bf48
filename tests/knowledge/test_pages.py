"""The knowledge tab: documents, loads, and why a passage is found."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from aiops.knowledge.models import Load
from tests import factories

pytestmark = pytest.mark.django_db


def url(feature, name="feature", **more):
    return reverse(f"knowledge:{name}", kwargs={"slug": feature.slug, **more})


@pytest.fixture
def engineer(as_role):
    return as_role("engineer")


def test_the_page_shows_documents_and_why_passages_are_found(engineer):
    document = factories.make_document("# Returns\n\nWithin 30 days.\n")
    feature = document.source.feature
    page = engineer.get(url(feature), {"q": "how many days"}).content.decode()
    assert document.path in page
    assert "Returns" in page
    assert "Place by vector" in page
    nothing = engineer.get(url(feature), {"q": "zebra"}).content.decode()
    assert "Nothing is found" in nothing
    none = engineer.get(url(feature), {"text": "zebra"}).content.decode()
    assert "No such document" in none


def test_a_page_without_documents_says_the_next_step(engineer):
    assert "No documents yet" in engineer.get(url(factories.make_feature())).content.decode()


def test_a_search_is_that_of_a_tenant(engineer):
    tenant = factories.make_tenant()
    document = factories.make_document("# Discount\n\nForty percent for us.\n", tenant=tenant)
    feature = document.source.feature
    assert "Forty percent" not in engineer.get(url(feature), {"q": "percent"}).content.decode()
    assert (
        "Forty percent"
        in engineer.get(url(feature), {"q": "percent", "tenant": tenant.slug}).content.decode()
    )


def test_files_are_uploaded_for_a_worker(engineer):
    feature, tenant = factories.make_feature(), factories.make_tenant()
    files = [SimpleUploadedFile("a.md", b"# A\n"), SimpleUploadedFile("b.pdf", b"x")]
    said = {"documents": files, "source": "Uploads", "tenant": tenant.pk}
    assert engineer.post(url(feature, "load"), said).status_code == 302
    load = Load.objects.get()
    assert (load.total, load.created_by, load.source.tenant) == (2, engineer.user, tenant)
    page = engineer.get(url(feature)).content.decode()
    assert "Loading into Uploads" in page
    bar = engineer.get(url(feature, "progress", pk=load.pk))
    assert "HX-Refresh" not in bar.headers
    assert engineer.post(url(feature, "cancel", pk=load.pk)).status_code == 302
    assert engineer.post(url(feature, "cancel", pk=load.pk)).status_code == 302
    assert engineer.get(url(feature, "progress", pk=load.pk)).headers["HX-Refresh"] == "true"


def test_what_cannot_be_taken_is_said(engineer):
    feature = factories.make_feature()
    two = [SimpleUploadedFile("a.md", b"x"), SimpleUploadedFile("a.md", b"y")]
    for said in ({"source": "x"}, {"source": "x", "documents": two}):
        assert engineer.post(url(feature, "load"), said).status_code == 422
    assert not Load.objects.exists()


def test_an_upload_that_is_too_large_is_refused(engineer, monkeypatch):
    monkeypatch.setattr("aiops.knowledge.forms.MOST", 3)
    said = {"source": "x", "documents": [SimpleUploadedFile("a.md", b"long")]}
    assert engineer.post(url(factories.make_feature(), "load"), said).status_code == 422


def test_files_that_were_not_read_are_named(engineer):
    load = factories.make_load(state="finished", finished_at="2026-11-01T00:00Z", done=1, failed=1)
    load.files.update(done=True, read=False, outcome="it is locked with a password")
    page = engineer.get(url(load.source.feature)).content.decode()
    assert "It is locked with a password" in page


def test_a_document_shows_its_versions_and_chunks_and_can_be_removed(engineer):
    document = factories.make_document("# Returns\n\nWithin <b>30</b> days.\n")
    feature = document.source.feature
    page = engineer.get(url(feature, "document", pk=document.pk)).content.decode()
    assert "Within &lt;b&gt;30&lt;/b&gt; days." in page
    for _ in range(2):
        assert engineer.post(url(feature, "remove", pk=document.pk)).status_code == 302
    assert "Removed" in engineer.get(url(feature, "document", pk=document.pk)).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_runs_the_same_queries_for_one_document_and_for_three(
    engineer, count, django_assert_num_queries
):
    feature = factories.make_feature()
    factories.load_documents(feature, {f"{number}.md": "# A\n\nText.\n" for number in range(count)})
    engineer.get(url(feature))
    with django_assert_num_queries(QUERIES):
        engineer.get(url(feature))


QUERIES = 11
