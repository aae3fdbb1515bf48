"""Pages of datasets as people see them."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from aiops.core.actors import SystemActor
from aiops.datasets import actions, queries
from aiops.datasets.forms import MAX_UPLOAD
from aiops.datasets.models import Dataset, Upload
from tests.datasets.files import case, jsonl
from tests.factories import make_feature, make_user

pytestmark = pytest.mark.django_db
SHELL = SystemActor("shell")
ARABIC = {
    "id": "ar-1",
    "inputs": {"items": "أين طلبي؟", "longer": "x" * 300},
    "category": "orders",
    "locale": "ar",
}


@pytest.fixture
def dataset():
    return filled(case("a", expected="delivery", category="orders", locale="en", tags=["vip"]), ARABIC)


@pytest.fixture
def engineer(as_role):
    return as_role("engineer")


def filled(*cases, name="triage"):
    dataset = Dataset.objects.filter(name=name).first() or actions.create_dataset(by=SHELL, name=name)
    file = io.BytesIO(jsonl(*cases))
    actions.import_file(by=SHELL, dataset=dataset, file=file, filename="f.jsonl", format="jsonl")
    dataset.refresh_from_db()
    return dataset


def at(page, /, *arguments, **query):
    return reverse(f"datasets:{page}", args=arguments, query=query)


def text(response):
    return response.content.decode()


def row(key="a"):
    return queries.draft_cases(Dataset.objects.get()).get(key=key)


def sent(client, name, content, **values):
    return client.post(at("import", "triage"), {"file": SimpleUploadedFile(name, content), **values})


@pytest.mark.parametrize("count", [1, 3])
def test_list_asks_as_much_for_one_dataset_as_for_three(engineer, django_assert_num_queries, count):
    feature = make_feature()
    for n in range(count):
        made = filled(case(), name=f"set-{n}")
        Dataset.objects.filter(pk=made.pk).update(feature=feature)
        actions.freeze(by=SHELL, dataset=made)
    with django_assert_num_queries(5):
        assert text(engineer.get(at("list"))).count("v1, ") == count


@pytest.mark.parametrize("count", [1, 3])
def test_cases_ask_as_much_for_one_case_as_for_three(engineer, django_assert_num_queries, count):
    filled(*(case(f"c{n}", tags=["t"]) for n in range(count)))
    with django_assert_num_queries(6):
        assert text(engineer.get(at("cases", "triage"))).count('class="case-id') == count


def test_list_filters_by_text_and_feature(engineer, dataset):
    feature = make_feature(slug="faq")
    actions.create_dataset(by=SHELL, name="questions", description="about parcels", feature=feature)
    assert "triage" not in text(engineer.get(at("list", text="PARCELS about")))
    assert "questions" in text(engineer.get(at("list", feature="faq")))
    assert "No dataset matches" in text(engineer.get(at("list", text="zzz")))


def test_empty_list_says_the_next_step(engineer, as_role):
    assert "Start with 50 real inputs" in text(engineer.get(at("list")))
    assert "Somebody with the role engineer" in text(as_role("viewer").get(at("list")))


def test_htmx_gets_the_fragment(engineer, dataset):
    response = engineer.get(at("cases", "triage"), headers={"HX-Request": "true"})
    assert "<html" not in text(response)
    assert "ar-1" in text(response)


def test_cases_are_filtered(engineer, dataset):
    assert "ar-1" not in text(engineer.get(at("cases", "triage", text="where")))
    assert "No case matches" in text(engineer.get(at("cases", "triage", text="zzz\x00")))
    assert 'dir="auto">أين طلبي؟' in text(engineer.get(at("cases", "triage", locale="ar"))).replace(
        '<span class="note" dir="ltr">items</span> ', ""
    )


def test_cases_of_a_version(engineer, dataset):
    actions.freeze(by=make_user(email="who@example.com"), dataset=dataset)
    filled(case("new"))
    old = text(engineer.get(at("cases", "triage", version=1)))
    assert ("This is version 1" in old, "who@example.com" in old, ">new<" in old) == (True, True, False)
    draft = text(engineer.get(at("cases", "triage")))
    assert "1 case differs from version 1" in draft
    assert engineer.get(at("cases", "triage", version="7")).status_code == 404
    assert engineer.get(at("cases", "triage", version="x")).status_code == 404
    assert engineer.get(at("cases", "triage", version="draft")).status_code == 200


def test_empty_dataset_leads_to_the_import(engineer, as_role):
    actions.create_dataset(by=SHELL, name="triage")
    assert "Import cases" in text(engineer.get(at("cases", "triage")))
    assert "Somebody with the role engineer" in text(as_role("viewer").get(at("cases", "triage")))
    assert "Nothing is covered yet" in text(engineer.get(at("coverage", "triage")))
    assert "No version yet" in text(engineer.get(at("versions", "triage")))


def test_new_dataset_leads_to_its_import(engineer):
    feature = make_feature()
    response = engineer.post(at("new"), {"name": "triage", "feature": feature.pk, "description": "d"})
    assert (response.status_code, response.url) == (302, at("import", "triage"))
    again = engineer.post(at("new"), {"name": "triage"})
    assert (again.status_code, "There is a dataset &quot;triage&quot; already" in text(again)) == (422, True)
    assert engineer.get(at("new")).status_code == 200


def test_settings(engineer, dataset):
    saved = engineer.post(at("settings", "triage"), {"description": "d", "scorers": '[{"type": "exact"}]'})
    assert saved.status_code == 302
    page = text(engineer.get(at("settings", "triage")))
    assert "&quot;type&quot;: &quot;exact&quot;" in page
    for bad in ("{", "{}", "[1]"):
        assert engineer.post(at("settings", "triage"), {"scorers": bad}).status_code == 422


def test_coverage_marks_thin_cells_and_says_the_sizes(engineer, dataset):
    page = text(engineer.get(at("coverage", "triage")))
    assert page.count("thin: </span>") == 2
    assert f"{at('cases', 'triage')}?category=orders&amp;locale=ar" in page
    assert "38 more" not in page
    assert "48 more for a narrow prompt (usually 50)" in page


def test_case_shows_its_texts_in_any_script(engineer, dataset):
    page = text(engineer.get(at("case", "triage", id="ar-1")))
    assert '<div class="panel__body text pre" dir="auto">أين طلبي؟</div>' in page
    assert "Added by the system" in page
    assert engineer.get(at("case", "triage", id="nix")).status_code == 404
    assert engineer.get(at("case", "nix", id="a")).status_code == 404


def test_hostile_case_is_shown_as_text(engineer):
    filled(case("<script>1</script>&?/..", inputs={"<b>": "<script>2</script>"}, expected={"<i>": "</pre>"}))
    for page in (at("cases", "triage"), at("case", "triage", id="<script>1</script>&?/..")):
        response = engineer.get(page)
        assert response.status_code == 200
        assert "<script>1" not in text(response)
        assert "<script>2" not in text(response)


def form(**values):
    return {"input.ticket": "Where?", "expected_kind": "text", "expected": "delivery", **values}


def test_edit_keeps_a_history(engineer, dataset):
    old = row()
    response = engineer.post(
        at("case-edit", "triage", old.pk), form(category="late", must_pass="on", tags="b, a")
    )
    assert (response.status_code, response.url) == (302, at("case", "triage", id="a"))
    new = row()
    assert (new.inputs, new.category, new.must_pass, new.tags) == (
        {"ticket": "Where?"},
        "late",
        True,
        ["b", "a"],
    )
    page = text(engineer.get(response.url))
    assert "Edited by" in page
    assert "5 fields changed" in page
    assert engineer.user.email in page


def test_edit_of_a_case_that_somebody_changed_keeps_what_was_typed(engineer, dataset):
    old = row()
    other = make_user(email="other@example.com", roles=["engineer"])
    actions.edit_case(by=other, case=old, values={"inputs": {"ticket": "theirs"}})
    response = engineer.post(at("case-edit", "triage", old.pk), form(**{"input.ticket": "mine"}))
    assert response.status_code == 422
    assert "Other@example.com changed the case &quot;a&quot; meanwhile" in text(response)
    assert ">\nmine</textarea>" in text(response)
    assert "theirs" in text(response)


def test_edit_form_shows_what_the_case_says(engineer):
    filled(case("a", expected={"n": 1}, tags=["a,b"], metadata={"k": 1}, checks=[{"type": "exact"}]))
    page = text(engineer.get(at("case-edit", "triage", row().pk)))
    assert "&quot;a,b&quot;" in page
    assert 'value="json" id="id_expected_kind_1" checked' in page.replace(" required", "")
    data = form(expected_kind="json", expected='{"n": 2}', tags='["a,b"]', metadata='{"k": 2}', checks="")
    engineer.post(at("case-edit", "triage", row().pk), data)
    saved = row()
    assert (saved.expected, saved.tags, saved.metadata, saved.checks) == ({"n": 2}, ["a,b"], {"k": 2}, [])


def test_browser_line_ends_change_nothing(engineer):
    filled({"id": "a", "inputs": {"t": "one\r\ntwo", "u": "one\ntwo"}, "expected": "x\ny"})
    before = row()
    typed = {"input.t": "one\r\ntwo", "input.u": "one\r\ntwo", "expected_kind": "text", "expected": "x\r\ny"}
    engineer.post(at("case-edit", "triage", before.pk), typed)
    assert row() == before


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"expected_kind": "json", "expected": "{"}, "the line is cut off"),
        ({"metadata": "[1"}, "not valid JSON"),
        ({"metadata": "[1]"}, "Metadata must be an object, not a list"),
        ({"checks": "[1]"}, "Checks[0] must be an object"),
        ({"locale": "!"}, "is no language tag"),
        ({"category": "x" * 201}, "at most 200 characters"),
    ],
)
def test_bad_edit_is_refused_in_words(engineer, dataset, values, expected):
    response = engineer.post(at("case-edit", "triage", row().pk), form(**values))
    assert response.status_code == 422
    assert expected in text(response)


def test_case_is_added_with_one_more_input(engineer, dataset):
    page = text(engineer.get(at("case-new", "triage")))
    assert 'name="input.items"' in page
    data = form(id="new", expected_kind="none", variable="tone", value="kind")
    response = engineer.post(at("case-new", "triage"), data)
    assert response.url == at("case", "triage", id="new")
    assert (row("new").inputs, row("new").expected) == ({"ticket": "Where?", "tone": "kind"}, None)
    assert engineer.post(at("case-new", "triage"), data).status_code == 422


def test_removal_can_be_undone(engineer, dataset):
    removed = engineer.post(at("case-remove", "triage", row().pk), follow=True)
    assert "The case a is removed from the draft." in text(removed)
    assert at("case-restore", "triage", id="a") in text(removed)
    page = text(engineer.get(at("case", "triage", id="a")))
    assert "Removed by" in page
    assert "Bring it back" in page
    engineer.post(at("case-restore", "triage", id="a"))
    assert "Restored by" in text(engineer.get(at("case", "triage", id="a")))


def test_what_comes_too_late_is_said(engineer, dataset):
    old = row()
    actions.remove_case(by=SHELL, case=old)
    for page in ("case-remove", "case-must-pass"):
        said = text(engineer.post(at(page, "triage", old.pk), follow=True))
        assert "An import changed the case &quot;a&quot; meanwhile" in said
    engineer.post(at("case-restore", "triage", id="a"))
    assert "is not removed" in text(engineer.post(at("case-restore", "triage", id="a"), follow=True))


def test_must_pass_is_switched(engineer, dataset):
    engineer.post(at("case-must-pass", "triage", row().pk))
    assert row().must_pass
    assert "Must pass" in text(engineer.get(at("cases", "triage", must_pass=1)))


def test_case_of_a_version_is_as_it_was(engineer, dataset):
    actions.freeze(by=SHELL, dataset=dataset)
    actions.edit_case(by=SHELL, case=row(), values={"inputs": {"ticket": "changed since"}})
    page = text(engineer.get(at("case", "triage", id="a", version=1)))
    assert "As it was in version 1" in page
    assert '<div class="panel__body text pre" dir="auto">Where is my order?</div>' in page


def test_import_shows_first_and_does_then(engineer, dataset):
    response = sent(engineer, "more.jsonl", jsonl(case("a"), case("b")), replace="on")
    waiting = Upload.objects.get()
    assert response.url == at("upload", "triage", waiting.pk)
    page = text(engineer.get(response.url))
    assert "Import 2 cases" in page
    assert "1 case will leave the draft" in page
    confirmed = engineer.post(at("upload-confirm", "triage", waiting.pk), follow=True)
    assert "Imported 2 cases: 1 new, 1 changed, 0 unchanged, 1 removed." in text(confirmed)
    assert engineer.post(at("upload-confirm", "triage", waiting.pk)).status_code == 404


def test_import_that_changes_nothing_says_so(engineer, dataset):
    sent(engineer, "same.jsonl", jsonl(ARABIC))
    page = text(engineer.get(at("upload", "triage", Upload.objects.get().pk)))
    assert "The draft says all of this already." in page


def test_import_after_a_change_is_looked_at_again(engineer, dataset):
    sent(engineer, "more.csv", b"id,input.ticket\nb,c\n")
    filled(case("c"))
    waiting = Upload.objects.get()
    said = engineer.post(at("upload-confirm", "triage", waiting.pk), follow=True)
    assert "have changed since this preview; here is a new one" in text(said)
    assert engineer.post(at("upload-confirm", "triage", waiting.pk)).url == at("cases", "triage")


def test_import_that_became_impossible_says_so(engineer, dataset, monkeypatch):
    sent(engineer, "more.jsonl", jsonl(case("b")))
    monkeypatch.setattr("aiops.datasets.actions.importing.MAX_CASES", 2)
    said = engineer.post(at("upload-confirm", "triage", Upload.objects.get().pk), follow=True)
    assert "triage would hold 3 cases, at most 2" in text(said)


def test_notes_of_another_tool_are_shown(engineer, dataset):
    sent(engineer, "suite.yaml", b"tests:\n- vars: {a: b}\n  options: {}\n")
    page = text(engineer.get(at("upload", "triage", Upload.objects.get().pk)))
    assert "line 2: test: &#x27;options&#x27; was left out" in page
    discarded = engineer.post(at("upload-discard", "triage", Upload.objects.get().pk), follow=True)
    assert "The file is forgotten" in text(discarded)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("cases.pdf", b"%PDF-1.7", "The format of &quot;cases.pdf&quot; cannot be told"),
        ("cases.xlsx", b"PK\x03\x04", "export the sheet as CSV (UTF-8)"),
        ("cases.csv", b"PK\x03\x04", "a ZIP archive or an Office document"),
        ("cases.jsonl", b"", "the file is empty"),
        ("cases.jsonl", b"{}\n{\n", "line 2"),
        ("cases.jsonl", b"x" * (MAX_UPLOAD + 1), "The file has 50 MB; a browser may send 50 MB"),
    ],
)
def test_wrong_file_is_refused_in_words(engineer, dataset, name, content, expected):
    response = sent(engineer, name, content)
    assert response.status_code == 422
    assert expected in text(response)
    assert Upload.objects.count() == 0


def test_import_without_a_file_asks_for_one(engineer, dataset):
    assert "Choose a file first." in text(engineer.post(at("import", "triage"), {}))
    assert engineer.get(at("import", "triage")).status_code == 200


def test_freeze_and_its_version(engineer, dataset):
    frozen = engineer.post(at("freeze", "triage"), {"note": "for the launch"}, follow=True)
    assert "Version 1 is frozen: 2 cases." in text(frozen)
    assert "for the launch" in text(frozen)
    assert "Nothing has changed since version 1." in text(engineer.post(at("freeze", "triage"), follow=True))
    assert "for the launch" in text(engineer.get(at("versions", "triage")))
    assert "longer than 500" in text(engineer.post(at("freeze", "triage"), {"note": "x" * 501}, follow=True))


def test_empty_draft_is_not_frozen(engineer):
    actions.create_dataset(by=SHELL, name="triage")
    assert "has no cases to freeze" in text(engineer.post(at("freeze", "triage"), follow=True))


def test_differences_of_versions(engineer, dataset):
    actions.freeze(by=SHELL, dataset=dataset)
    filled(case("a", expected="refund"), case("new"))
    actions.remove_case(by=SHELL, case=row("ar-1"))
    draft = text(engineer.get(at("diff", "triage")))
    assert "1 added, 1 changed, 1 removed" in draft
    assert "<del>delivery</del>" in draft or "delivery" in draft
    actions.freeze(by=SHELL, dataset=Dataset.objects.get())
    page = text(engineer.get(at("diff", "triage", **{"from": 2, "to": 1, "kind": "added"})))
    assert (">new<" in page, ">ar-1<" in page) == (True, False)
    assert "No difference" in text(engineer.get(at("diff", "triage")))
    assert engineer.get(at("diff", "triage", to="9")).status_code == 404
    version = text(engineer.get(at("version", "triage", 2)))
    assert "Compare with v1" in version


def test_export_of_draft_and_version(engineer, dataset):
    actions.freeze(by=SHELL, dataset=dataset)
    filled(case("new"))
    exported = engineer.get(at("export", "triage", version=1))
    assert b"".join(exported.streaming_content).count(b"\n") == 2
    assert exported["Content-Disposition"] == 'attachment; filename="triage-v1.jsonl"'
    as_csv = engineer.get(at("export", "triage", format="csv"))
    assert b"".join(as_csv.streaming_content).startswith(b"id,input.items,input.longer,input.ticket,expected")


def test_who_may_not_edit_sees_no_buttons_and_is_refused(as_role, dataset):
    viewer = as_role("viewer")
    page = text(viewer.get(at("case", "triage", id="a")))
    assert at("case-edit", "triage", row().pk) not in page
    for address in (at("import", "triage"), at("new"), at("case-new", "triage"), at("settings", "triage")):
        assert viewer.get(address).status_code == 403
    assert viewer.post(at("freeze", "triage")).status_code == 403


def test_every_page_of_a_long_list_holds_its_own_cases(engineer):
    filled(*(case(f"c{n:03}") for n in range(130)))
    shown = []
    for page in (1, 2, 3):
        content = text(engineer.get(at("cases", "triage", page=page)))
        shown += [f"c{n:03}" for n in range(130) if f">c{n:03}<" in content]
    assert shown == [f"c{n:03}" for n in range(130)]
