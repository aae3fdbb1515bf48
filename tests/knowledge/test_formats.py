"""Web pages, PDF and Word become text with headings; what cannot be read says why."""

import io
import zipfile

import docx
import pytest
from pypdf import PdfWriter

from aiops.core.errors import InvalidInput
from aiops.knowledge import formats
from aiops.knowledge.reading import File, read

PAGE = """<!doctype html><html><head><title> Help:  returns </title><style>p {}</style></head><body>
<nav><a href="/">Home</a></nav><h1>Returns</h1><p>Within <b>30</b> days.</p><script>alert(1)</script>
<div>It must be clean.</div><h2>Not these</h2><ul><li>filters</li><li><p>gift cards</p></li></ul>
<table><tr><td>A</td><td>B</td></tr></table><!-- hidden --><footer>Imprint</footer></body></html>"""


def pdf_of(*lines, title=""):
    """A PDF with one page for each line."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for line in lines:
        stream = f"BT /F1 12 Tf 72 720 Td ({line}) Tj ET"
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects) + 2} 0 R "
            "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    objects.append(f"<< /Title ({title}) >>")
    out, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{one}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    begins = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode()
    size, info = len(objects) + 1, len(objects)
    return (
        out + f"trailer << /Size {size} /Root 1 0 R /Info {info} 0 R >>\nstartxref\n{begins}\n%%EOF".encode()
    )


def docx_of():
    document = docx.Document()
    document.core_properties.title = "Guide"
    document.add_heading("Returns", 1)
    document.add_paragraph("Within 30 days.")
    document.add_paragraph("filters", style="List Bullet")
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "A", "B"
    saved = io.BytesIO()
    document.save(saved)
    return saved.getvalue()


def test_a_web_page_is_what_people_read_of_it():
    title, text = formats.html(PAGE.encode())
    assert title == "Help: returns"
    assert text.split("\n\n") == [
        *("# Returns", "Within 30 days.", "It must be clean."),
        *("## Not these", "filters", "gift cards", "A", "B"),
    ]  # fmt: skip


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
)  # fmt: skip
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
