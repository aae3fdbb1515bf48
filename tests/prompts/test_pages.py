# ruff: noqa: E501 - a table of inputs and answers is read by rows
"""Pages of prompts, as their users meet them."""

from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from aiops.core.actors import SystemActor
from aiops.prompts import actions
from aiops.prompts.models import Label, Prompt, Version
from tests.factories import make_case, make_dataset, make_feature, make_label, make_prompt, make_version

pytestmark = pytest.mark.django_db
SHELL = SystemActor("shell")
HTMX = {"HTTP_HX_REQUEST": "true"}
EDIT, PREVIEW = "/prompts/triage/edit/", "/prompts/triage/preview/"


def source(text: str = "Which team? {{ ticket }}") -> str:
    return f"---\nname: triage\nvariables: {{ticket: {{type: string}}}}\n---\n{text}\n"


@pytest.fixture
def engineer(as_role) -> Client:
    return as_role("engineer")


@pytest.fixture
def version() -> Version:
    prompt = make_prompt(name="triage", feature=make_feature(slug="support"))
    return actions.create_version(by=SHELL, prompt=prompt, source=source().encode(), note="the first")


def page(client: Client, path: str, **options) -> str:
    response = client.get(path, **options)
    assert response.status_code == 200, path
    return response.content.decode()


TABS = ("", "edit/", "preview/", "compare/", "versions/1/", "versions/1/file/", "versions/1/label/")


@pytest.mark.parametrize("path", ["/prompts/", "/prompts/new/", *(f"/prompts/triage/{tab}" for tab in TABS)])
def test_page_opens(engineer, version, path):
    page(engineer, path)


@pytest.mark.parametrize(
    "path", ["/prompts/", "/prompts/new/", *(f"/prompts/empty/{tab}" for tab in ("", "edit/"))]
)
def test_page_opens_where_there_is_nothing_yet(engineer, path):
    make_prompt(name="empty")
    page(engineer, path)


@pytest.mark.parametrize("tab", ["compare/", "preview/", "versions/1/", "versions/99999999999/"])
def test_what_needs_a_version_is_not_found_without_one(engineer, tab):
    make_prompt(name="empty")
    assert engineer.get(f"/prompts/empty/{tab}").status_code == 404


def test_viewer_reads_and_sees_no_button_to_change(as_role, version):
    viewer = as_role("viewer")
    assert "New prompt" not in page(viewer, "/prompts/")
    assert "New version" not in page(viewer, "/prompts/triage/")
    assert viewer.get(EDIT).status_code == 403
    assert viewer.post(EDIT, {"source": source("x")}).status_code == 403
    assert as_role("finance").get("/prompts/").status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_list_asks_the_same_number_of_questions(engineer, count, django_assert_num_queries):
    for _ in range(count):
        make_label(version=make_version(prompt=make_prompt(feature=make_feature())))
    with django_assert_num_queries(7):
        page(engineer, "/prompts/")


@pytest.mark.parametrize("count", [1, 3])
def test_versions_ask_the_same_number_of_questions(engineer, version, count, django_assert_num_queries):
    for _ in range(count):
        make_version(prompt=version.prompt)
    with django_assert_num_queries(8):
        page(engineer, "/prompts/triage/")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["other", "triage"]),
        ("?text=WHICH team", ["triage"]),
        ("?text=oth", ["other"]),
        ("?feature=support", ["triage"]),
        ("?label=production", ["other"]),
        ("?label=production&feature=support", []),
        ("?feature=no such&label=%00", ["other", "triage"]),
    ],
)
def test_list_is_narrowed_by_the_url(engineer, version, query, shown):
    make_label(version=make_version(prompt=make_prompt(name="other")))
    response = engineer.get(f"/prompts/{query}")
    assert [prompt.name for prompt in response.context["page"]] == shown


def test_htmx_gets_the_table_alone(engineer, version):
    assert "<html" not in page(engineer, "/prompts/", **HTMX)
    assert "<html" in page(engineer, "/prompts/")


def test_download_gives_the_very_bytes(engineer):
    odd = b"\xef\xbb\xbf---\r\nname: odd\r\nvariables: {}\r\n---\r\nCaf\xc3\xa9\r\n"
    actions.create_version(by=SHELL, prompt=make_prompt(name="odd"), source=odd)
    response = engineer.get("/prompts/odd/versions/1/file/")
    assert response.content == odd
    assert response["Content-Disposition"] == 'attachment; filename="odd.prompt"'


def test_what_a_prompt_says_is_shown_as_text(engineer, version):
    text = "<script>alert(1)</script>{{ ticket }}"
    actions.create_version(by=SHELL, prompt=version.prompt, source=source(text).encode(), note="<b>bold</b>")
    for tab in ("", "versions/2/", "compare/", "edit/", "preview/?version=2"):
        shown = page(engineer, f"/prompts/triage/{tab}")
        assert "<script>alert" not in shown
        assert "<b>bold" not in shown


# Making a prompt


def test_new_prompt_leads_to_its_editor(engineer):
    make_feature(slug="support")
    response = engineer.post(
        "/prompts/new/", {"name": "triage", "description": "Sorts", "feature": "support"}
    )
    assert response.url == EDIT
    assert Prompt.objects.get().feature.slug == "support"
    assert "name: triage" in page(engineer, EDIT)


def test_new_prompt_from_a_file_has_a_version(engineer):
    file = SimpleUploadedFile("old.txt", b"Which team? {{ ticket }}\n")
    assert engineer.post("/prompts/new/", {"name": "triage", "file": file}).url == "/prompts/triage/"
    made = Version.objects.get()
    assert (made.note, list(made.variables)) == ("from old.txt", ["ticket"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "No Name"}, "is no name of a prompt"),
        ({"name": "triage"}, "a prompt named &#x27;triage&#x27; exists already"),
        ({"name": "fresh", "file": SimpleUploadedFile("a.prompt", b"---\nname: x\n---\ncaf\xe9")}, "is no UTF-8"),
        ({"name": "fresh", "file": SimpleUploadedFile("a.prompt", b"x" * 5_000_000)}, "5,000,000 bytes"),
        ({"name": "fresh", "file": SimpleUploadedFile("a.prompt", b"---\n\tname: x\n---\nx")}, "a tab stands"),
    ],
)  # fmt: skip  # arguments by what they belong to
def test_new_prompt_that_cannot_be_made_says_why_and_keeps_what_was_typed(engineer, version, given, said):
    if "file" in given:
        given["file"].seek(0)
    response = engineer.post("/prompts/new/", given)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert f'value="{given["name"]}"' in response.content.decode()
    assert [prompt.name for prompt in Prompt.objects.all()] == ["triage"]


# Editing


def test_saving_makes_the_next_version(engineer, version):
    response = engineer.post(EDIT, {"source": source("Team? {{ ticket }}"), "note": "shorter", "based_on": 1})
    assert response.url == "/prompts/triage/versions/2/"
    made = Version.objects.get(number=2)
    assert (made.author, made.note) == (engineer.user, "shorter")
    assert bytes(made.source) == source("Team? {{ ticket }}").encode()


def test_line_ends_of_the_browser_are_no_change(engineer):
    crlf = source().replace("\n", "\r\n").encode()
    actions.create_version(by=SHELL, prompt=make_prompt(name="triage"), source=crlf)
    response = engineer.post(EDIT, {"source": source().replace("\n", "\r\n"), "based_on": 1}, follow=True)
    assert "Nothing changed: this is version 1." in response.content.decode()
    assert Version.objects.count() == 1


def test_mistake_is_listed_with_its_line_and_nothing_is_lost(engineer, version):
    typed = source("{% include 'x' %} and <b>{{ tickt }}</b>")
    response = engineer.post(EDIT, {"source": typed, "note": "my note", "based_on": 1})
    shown = response.content.decode()
    assert response.status_code == 422
    assert "line 5" in shown
    assert "include is not available in prompts" in shown
    assert "my note" in shown
    assert "&lt;b&gt;{{ tickt }}&lt;/b&gt;" in shown
    assert Version.objects.count() == 1


@pytest.mark.parametrize(
    "typed", ["", "   ", "\x00", "---\n\tname: x\n---\nx", "x" * 300_000, "{{ " * 20_000]
)
def test_rubbish_is_refused_in_words(engineer, version, typed):
    data = urlencode({"source": typed, "based_on": 1})
    form = "application/x-www-form-urlencoded"
    assert engineer.post(EDIT, data, content_type=form).status_code == 422
    assert engineer.post(f"{EDIT}check/", data, content_type=form).status_code == 200
    assert Version.objects.count() == 1


def test_somebody_else_saved_meanwhile(engineer, as_role, version):
    other = as_role("engineer")
    other.post(EDIT, {"source": source("Theirs {{ ticket }}"), "based_on": 1})
    mine = {"source": source("Mine {{ ticket }}"), "note": "mine", "based_on": 1}
    response = engineer.post(EDIT, mine)
    shown = response.content.decode()
    assert response.status_code == 409
    assert f"Version 2 was saved meanwhile by {other.user.email}" in shown
    assert "Mine {{ ticket }}" in shown
    assert "Save after v2" in shown
    assert 'name="based_on" value="2"' in shown
    assert engineer.post(EDIT, mine | {"based_on": 2}).url == "/prompts/triage/versions/3/"


def test_editor_begins_with_an_older_version_where_it_is_asked_to(engineer, version):
    actions.create_version(by=SHELL, prompt=version.prompt, source=source("Newer {{ ticket }}").encode())
    shown = page(engineer, f"{EDIT}?from=1")
    assert "Which team?" in shown
    assert "saving makes a version after v2" in shown
    assert engineer.get(f"{EDIT}?from=9").status_code == 404


def test_live_check_says_what_is_wrong_and_what_is_declared(engineer, version):
    wrong = engineer.post(f"{EDIT}check/", {"source": source("{{ x }}")}, **HTMX).content.decode()
    assert "line 5" in wrong
    assert "is used and not declared" in wrong
    right = engineer.post(f"{EDIT}check/", {"source": source("Hello.")}, **HTMX).content.decode()
    assert "Can be saved" in right
    assert "is declared and never used" in right
    assert "<html" not in right


# Comparing


def test_compare_begins_with_production_and_the_latest(engineer, version):
    for text in ("Team? {{ ticket }}", "Who? {{ ticket }}"):
        actions.create_version(by=SHELL, prompt=version.prompt, source=source(text).encode())
    make_label(version=version)
    context = engineer.get("/prompts/triage/compare/").context
    assert (context["before"].number, context["after"].number) == (1, 3)
    context = engineer.get("/prompts/triage/compare/?from=2&to=1&view=side&all=1").context
    assert (context["before"].number, context["after"].number, context["view"]) == (2, 1, "side")
    assert engineer.get("/prompts/triage/compare/?from=9").status_code == 404


# Labels


def test_label_is_moved_after_a_page_that_says_from_where(engineer, version):
    make_label(version=version, name="staging")
    make_version(prompt=version.prompt)
    assert "Move staging to v2" in page(engineer, "/prompts/triage/versions/2/label/")
    moved = {"name": "staging", "expected": "1", "reason": "better in Japanese"}
    assert engineer.post("/prompts/triage/versions/2/label/move/", moved).url == "/prompts/triage/"
    assert Label.objects.get().version.number == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "staging", "expected": "0"}, "is on v1 by now"),
        ({"name": "production"}, "moves by a review"),
        ({"name": "No Label"}, "valid “slug”"),
        ({"name": "Upper"}, "is no label"),
        ({}, "This field is required"),
    ],
)
def test_label_that_cannot_be_moved_says_why(engineer, version, given, said):
    make_label(version=version, name="staging")
    response = engineer.post("/prompts/triage/versions/1/label/move/", given)
    assert response.status_code == 422
    assert said in response.content.decode()


def test_label_is_taken_off(engineer, version):
    make_label(version=version, name="staging")
    assert engineer.post("/prompts/triage/labels/staging/remove/").url == "/prompts/triage/"
    assert not Label.objects.exists()
    shown = engineer.post("/prompts/triage/labels/staging/remove/", follow=True).content.decode()
    assert "triage has no label &#x27;staging&#x27;" in shown


def test_production_is_moved_by_a_review_and_not_on_the_page_of_labels(engineer, version):
    make_label(version=version)
    make_version(prompt=version.prompt)
    shown = page(engineer, "/prompts/triage/versions/2/label/")
    assert "Open a review of v2" in shown
    assert "Move production" not in shown


# Preview


def test_preview_shows_exactly_what_is_sent(engineer, version):
    shown = engineer.post(PREVIEW, {"input.ticket": "<i>Where</i>?\r\nNow"}).content.decode()
    assert "Which team? &lt;i&gt;Where&lt;/i&gt;?\nNow" in shown
    assert "about" in shown


def test_preview_takes_the_inputs_of_a_case(engineer, version):
    dataset = make_dataset(name="golden")
    make_case(dataset=dataset, key="t-1", inputs={"ticket": "First", "other": "x"})
    make_case(dataset=dataset, key="t-2", inputs={"ticket": "Second"})
    assert "Which team? First" in page(engineer, f"{PREVIEW}?dataset=golden")
    assert "Which team? Second" in page(engineer, f"{PREVIEW}?version=1&dataset=golden&case=t-2")
    assert engineer.get(f"{PREVIEW}?dataset=golden&case=no").status_code == 404
    assert engineer.get(f"{PREVIEW}?dataset=no").status_code == 404


def test_preview_of_an_empty_dataset_asks_for_inputs(engineer, version):
    make_dataset(name="golden")
    assert "Fill in the inputs" in page(engineer, f"{PREVIEW}?dataset=golden")


def test_preview_names_what_does_not_fit(engineer):
    header = (
        "---\nname: triage\nvariables: {n: {type: integer}, tone: {default: calm, description: How}}\n---\n"
    )
    actions.create_version(
        by=SHELL, prompt=make_prompt(name="triage"), source=f"{header}{{{{ n }}}} {{{{ tone }}}}".encode()
    )
    response = engineer.post(PREVIEW, {"input.n": "x", "input.tone": ""})
    assert response.status_code == 422
    assert "a whole number such as 12 is needed" in response.content.decode()
    part = engineer.post(PREVIEW, {"input.n": "7", "input.tone": ""}, **HTMX).content.decode()
    assert "7 calm" in part
    assert "<html" not in part


def test_list_is_where_the_rail_points(engineer):
    assert reverse("prompts:list") == "/prompts/"
