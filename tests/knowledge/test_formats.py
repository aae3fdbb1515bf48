"""Web pages, PDF and Word become text with headings; what cannot be read says why."""

import io
import zipfile

import pytest
from pypdf import PdfWriter

from aiops.core.errors import InvalidInput
from aiops.knowledge import formats
from aiops.knowledge.reading import File, read
from tests.fakes.documents import docx_of, pdf_of

PAGE = """<!doctype html><html><head><title> Help:  returns </title><style>p {}</style></head><body>
<nav><a href="/">Home</a></nav><h1>Returns</h1><p>Within <b>30</b> days.</p><script>alert(1)</script>
<div>It must be clean.</div><h2>Not these</h2><ul><li>filters</li><li><p>gift cards</p></li></ul>
<table><tr><td>A</td><td>B</td></tr></table><!-- hidden --><footer>Imprint</footer></body></html>"""


def test_a_web_page_is_what_people_read_of_it():
    title, text = formats.html(PAGE.encode())
    assert title == "Help: returns"
    assert text.split("\n\n") == [
        *("# Returns", "Within 30 days.", "It must be clean."),
        *("## Not these", "filters", "gift cards", "A", "B"),
    ]  # fmt: skip  # short names, packed: they would fill the page


def test_a_web_page_says_its_own_encoding():
    body = '<meta charset="latin-1"><p>Rückgabe</p>'.encode("latin-1")
    assert formats.html(body)[1] == "Rückgabe"


def test_a_pdf_is_the_text_of_its_pages():
    assert formats.pdf(pdf_of("Returns within 30 days.", "Gift cards stay.", title="Rules")) == (
        "Rules",
        "Returns within 30 days.\n\nGift cards stay.",
    )


def test_a_word_document_keeps_headings_lists_and_tables():
    assert formats.docx(docx_of()) == ("Guide", "# Returns\n\nWithin 30 days.\n\n- filters\n\nA | B")


@pytest.mark.parametrize(
    ("path", "body", "title"),
    [("a.html", PAGE.encode(), "Help: returns"), ("b.pdf", pdf_of("The rules of returning things."), "b"),
     ("c.docx", docx_of(), "Guide")],
)  # fmt: skip  # arguments by what they belong to
def test_files_are_read_by_their_ending(path, body, title):
    assert read(File(path, body)).title == title


def locked():
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    writer.encrypt("secret", algorithm="RC4-128")
    saved = io.BytesIO()
    writer.write(saved)
    return saved.getvalue()


def bomb():
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("word/document.xml", b"0" * 2000)
    return saved.getvalue()


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        ("a.pdf", b"%PDF-1.4 broken", "cannot be read as a PDF"),
        ("a.pdf", pdf_of(""), "hold no text"),
        ("a.pdf", locked(), "locked with a password"),
        ("a.docx", b"PK broken", "cannot be read as a Word document"),
        ("a.html", b"", "no web page"),
    ],
)
def test_what_cannot_be_read_says_why(path, body, why):
    with pytest.raises(InvalidInput, match=why):
        read(File(path, body))


def test_a_file_that_would_unpack_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(formats, "MOST_UNPACKED", 1000)
    with pytest.raises(InvalidInput, match="too large"):
        formats.docx(bomb())


def test_a_pdf_of_too_many_pages_is_refused(monkeypatch):
    monkeypatch.setattr(formats, "MOST_PAGES", 1)
    with pytest.raises(InvalidInput, match="more than 1 pages"):
        formats.pdf(pdf_of("a", "b"))
