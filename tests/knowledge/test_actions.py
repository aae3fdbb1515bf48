"""Documents are loaded all or not at all; the newest version is found, and a change raises the revision."""

import pytest
from django.db import DatabaseError, connection, transaction

from aiops.audit.models import AuditEvent
from aiops.core.errors import Conflict, InvalidInput
from aiops.flags.queries import publication
from aiops.gateway.painting import paint
from aiops.knowledge import actions, queries, searching
from aiops.knowledge.models import Chunk, Document, DocumentVersion, Source
from aiops.knowledge.searching import search
from tests import factories

pytestmark = pytest.mark.django_db
RETURNS = "# Returns\n\n## How long\n\nWithin 30 days of delivery.\n"


def found(feature, question, **options):
    return [one.text for one in search(feature.slug, question, **options)]


def test_a_folder_becomes_versions_and_chunks(user):
    feature = factories.make_feature()
    done = factories.load_documents(
        feature, {"returns.md": RETURNS, "de/versand.md": "Der Versand dauert zwei Tage."}, by=user
    )
    assert str(done) == "2 added"
    chunk = Chunk.objects.get(version__document__path="returns.md")
    version = chunk.version
    assert version.text[chunk.begins : chunk.ends] == chunk.text == "Within 30 days of delivery."
    assert (chunk.headings, chunk.language, chunk.feature) == (["Returns", "How long"], "en", feature)
    assert (version.number, version.chunk_count, version.loaded_by) == (1, 1, user.email)
    event = AuditEvent.objects.get(action="knowledge.documents_loaded")
    assert event.after == {"added": 2, "added_documents": ["returns.md", "de/versand.md"]}
    assert event.feature == feature.slug


def test_what_is_unchanged_changes_and_records_nothing():
    feature = factories.make_feature()
    factories.load_documents(feature, {"a.md": RETURNS})
    before = queries.revision(feature)
    assert str(factories.load_documents(feature, {"a.md": RETURNS})) == "1 unchanged"
    assert queries.revision(feature) == before == 1
    assert AuditEvent.objects.filter(action="knowledge.documents_loaded").count() == 1


def test_a_new_version_is_found_instead_of_the_old():
    feature = factories.make_feature()
    factories.load_documents(feature, {"a.md": RETURNS})
    assert str(factories.load_documents(feature, {"a.md": RETURNS.replace("30", "14")})) == "1 changed"
    assert found(feature, "how many days?") == ["Within 14 days of delivery."]
    assert list(DocumentVersion.objects.values_list("number", "chunk_count")) == [(2, 1), (1, 1)]


def test_a_load_with_one_bad_file_changes_nothing():
    feature = factories.make_feature()
    with pytest.raises(InvalidInput) as refused:
        factories.load_documents(feature, {"a.md": RETURNS, "b.md": "", "a.exe": "x"})
    assert [str(one).split(":")[0] for one in refused.value.problems] == ["b.md", "a.exe"]
    assert not Source.objects.exists()


def test_the_same_path_twice_is_refused():
    file = actions.File("a.md", RETURNS.encode())
    with pytest.raises(InvalidInput):
        factories.load_documents(factories.make_feature(), {}, files=[file, file])


@pytest.mark.parametrize("values", [{"files": []}, {"name": " "}, {"name": "x" * 201}])
def test_a_load_without_documents_or_name_is_refused(values):
    with pytest.raises(InvalidInput):
        factories.load_documents(factories.make_feature(), {"a.md": RETURNS}, **values)


def test_replacing_removes_what_is_gone():
    feature = factories.make_feature()
    factories.load_documents(feature, {"a.md": RETURNS, "b.md": "# Gifts\n\nNo returns."})
    assert str(factories.load_documents(feature, {"a.md": RETURNS}, replace=True)) == "1 unchanged, 1 removed"
    assert found(feature, "gifts") == []
    assert str(factories.load_documents(feature, {"b.md": "# Gifts\n\nNo returns."})) == "1 changed"
    assert found(feature, "gifts") == ["No returns."]


def test_a_removed_document_is_not_found_and_stays_removed(user):
    document = factories.make_document(RETURNS)
    feature = document.source.feature
    actions.remove_document(by=user, document=document)
    assert found(feature, "delivery") == []
    with pytest.raises(Conflict):
        actions.remove_document(by=user, document=document)
    assert AuditEvent.objects.filter(action="knowledge.document_removed").count() == 1


def test_a_tenants_documents_are_found_for_that_tenant_alone():
    feature, acme = factories.make_feature(), factories.make_tenant()
    factories.load_documents(
        feature, {"a.md": "# Discounts\n\nThe discount of Acme is 40 percent."}, tenant=acme
    )
    factories.load_documents(feature, {"a.md": "# Discounts\n\nNobody else has a discount."})
    other = factories.make_tenant()
    assert len(found(feature, "which discount?", tenant=acme.slug)) == 2
    assert found(feature, "which discount?", tenant=other.slug) == ["Nobody else has a discount."]
    assert found(feature, "which discount?") == ["Nobody else has a discount."]
    assert found(feature, "which discount?", tenant="nobody") == ["Nobody else has a discount."]


def test_another_features_documents_are_not_found():
    document = factories.make_document(RETURNS)
    assert found(document.source.feature, "days") == ["Within 30 days of delivery."]
    assert found(factories.make_feature(), "days") == []


def test_japanese_is_found_by_its_pairs():
    feature = factories.make_feature()
    factories.load_documents(
        feature,
        {
            "ja.md": "# 返品\n\n商品はお届けから30日以内であれば返品できます。",
            "ja2.md": "# 配送\n\n配送には三日かかります。",
            "en.md": RETURNS,
        },
    )
    assert found(feature, "返品の期限は何日ですか", locale="ja-JP", most=1) == [
        "商品はお届けから30日以内であれば返品できます。"
    ]
    assert found(feature, "配送", most=1) == ["配送には三日かかります。"]


def test_words_are_found_in_other_forms_by_language():
    feature = factories.make_feature()
    factories.load_documents(
        feature, {"de.md": "# Lieferung\n\nDie Lieferungen dauern zwei Tage.", "en.md": RETURNS}
    )
    assert found(feature, "Wann kommt meine Lieferung?", locale="de", most=1) == [
        "Die Lieferungen dauern zwei Tage."
    ]
    assert found(feature, "deliveries", locale="en", most=1) == ["Within 30 days of delivery."]


def test_other_forms_of_a_word_are_found_by_vector():
    feature = factories.make_feature()
    factories.load_documents(
        feature, {"a.md": "# Rückgabefristen\n\nRückgabefristen enden.", "b.md": "# B\n\nAnderes."}
    )
    best = search(feature.slug, "Rückgabefristenende", locale="de")[0]
    assert (best.path, best.text_place, best.vector_place, best.score) == ("a.md", None, 1, 0.0)


def test_both_places_are_fused():
    feature = factories.make_feature()
    factories.load_documents(feature, {"a.md": RETURNS, "b.md": "# Gifts\n\nNo delivery of gift cards."})
    first, second = search(feature.slug, "days of delivery")
    assert [first.text_place, first.vector_place, second.text_place] == [1, 1, 2]
    assert first.score == 1.0 > second.score > 0
    assert first.fused == pytest.approx(1 / 61 + 0.3 / 61)


def test_an_index_goes_on_until_it_has_enough_of_the_features_own(monkeypatch):
    feature, other = factories.make_feature(), factories.make_feature()
    factories.load_documents(feature, {"a.md": RETURNS})
    many = "".join(f"## Section {number}\n\nWithin {number} days of delivery.\n" for number in range(200))
    factories.load_documents(other, {"b.md": f"# Returns\n\n{many}"})
    monkeypatch.setattr(searching, "EXACTLY", 0)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    rows = search(feature.slug, "Within 30 days of delivery", weights={"by_text": 0.0})
    assert [(one.path, one.vector_place) for one in rows] == [("a.md", 1)]


@pytest.mark.parametrize("question", ["", "!?", "' | & <-> \\ :*", "\x00", "x" * 5000, "the of and"])
def test_any_question_may_be_asked(question):
    assert found(factories.make_document(RETURNS).source.feature, question) == []


def test_one_transaction_raises_the_revision_once_and_is_published():
    feature = factories.make_feature()
    factories.load_documents(feature, {"a.md": RETURNS, "b.md": RETURNS})
    assert queries.revision(feature) == 1
    assert paint().picture.features[feature.slug].knowledge_revision == 1


@pytest.mark.django_db(transaction=True)
def test_every_change_raises_the_revision_and_is_published(user):
    feature = factories.make_feature()
    done = factories.load_documents(feature, {"a.md": RETURNS})
    factories.load_documents(feature, {"a.md": RETURNS + "More."})
    published = publication().revision
    actions.remove_document(by=user, document=done.source.documents.get())
    assert queries.revision(feature) == 3
    assert publication().revision == published + 1


def test_whose_a_chunk_is_follows_from_its_source():
    tenant = factories.make_tenant()
    document = factories.make_document(RETURNS, tenant=tenant)
    Chunk.objects.update(feature=factories.make_feature(), tenant=None)
    assert Chunk.objects.get().tenant == tenant
    assert Chunk.objects.get().feature == document.source.feature


@pytest.mark.parametrize(
    "change",
    [
        lambda: Source.objects.update(feature=factories.make_feature()),
        lambda: Source.objects.update(tenant=factories.make_tenant()),
        lambda: DocumentVersion.objects.update(text="other"),
        lambda: Document.objects.update(source=factories.make_document().source),
    ],
)
def test_what_was_loaded_stays(change):
    factories.make_document(RETURNS)
    with pytest.raises(DatabaseError), transaction.atomic():
        change()


def test_a_feature_goes_with_its_documents():
    factories.make_document(RETURNS).source.feature.delete()
    assert not Chunk.objects.exists()
