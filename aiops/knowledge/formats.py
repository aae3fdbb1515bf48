"""Web pages, PDF and Word as text with headings, by libraries that know them. What they hold is hostile.

Each gives (title, text); headings come out as Markdown's. Raises InvalidInput where there is no reading it.
"""

import io
import zipfile
from collections.abc import Collection, Iterator
from typing import Any

from aiops.core.errors import InvalidInput

MOST_PAGES = 5000
MOST_UNPACKED = 300_000_000  # bytes of a Word file's parts
_BESIDE = (
    "script",
    "style",
    "noscript",
    "template",
    "nav",
    "header",
    "footer",
    "aside",
    "form",
    "iframe",
    "svg",
)
_BLOCKS = {"p", "li", "pre", "blockquote", "td", "th", "dt", "dd", "figcaption", "caption", "summary"}
_AROUND = {"div", "section", "article", "main", "body"}
_HEADINGS = {f"h{depth}": depth for depth in range(1, 7)}


def html(body: bytes) -> tuple[str, str]:
    """What people read of a page, without what surrounds it."""
    from lxml import etree  # noqa: PLC0415 - for those who load documents, not for every process
    from lxml.html import HTMLParser, document_fromstring  # noqa: PLC0415 - as above

    parser = HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding=_encoding(body))
    try:
        page = document_fromstring(body, parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise InvalidInput(f"it is no web page: {error}") from None
    title = " ".join((page.findtext(".//title") or "").split())
    for one in list(page.iter(*_BESIDE)):
        one.drop_tree()
    return title, "\n\n".join(_told(page))


def pdf(body: bytes) -> tuple[str, str]:
    """The text of all pages. A scan has none."""
    from pypdf import PdfReader  # noqa: PLC0415 - for those who load documents, not for every process

    try:
        reader = PdfReader(io.BytesIO(body), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise InvalidInput("it is locked with a password")
        if len(reader.pages) > MOST_PAGES:
            raise InvalidInput(f"it has more than {MOST_PAGES:,} pages")
        pages = [page.extract_text() for page in reader.pages]
        title = str((reader.metadata and reader.metadata.title) or "")
    except InvalidInput:
        raise
    except Exception as error:  # noqa: BLE001 - a broken PDF breaks its reader in any way
        raise InvalidInput(f"it cannot be read as a PDF: {type(error).__name__}") from None
    text = "\n\n".join(page.strip() for page in pages if page.strip())
    if not text:
        raise InvalidInput("its pages hold no text: they may be pictures of it")
    return title.strip(), text


def docx(body: bytes) -> tuple[str, str]:
    """Paragraphs, headings and tables in their order."""
    from docx import Document  # noqa: PLC0415 - for those who load documents, not for every process
    from docx.table import Table  # noqa: PLC0415 - as above

    try:
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
                raise InvalidInput("unpacked it would be too large")
        document = Document(io.BytesIO(body))
        blocks = [
            _table(block) if isinstance(block, Table) else _paragraph(block)
            for block in document.iter_inner_content()
        ]
        title = document.core_properties.title or ""
    except InvalidInput:
        raise
    except Exception as error:  # noqa: BLE001 - a broken file breaks its reader in any way
        raise InvalidInput(f"it cannot be read as a Word document: {type(error).__name__}") from None
    return title.strip(), "\n\n".join(block for block in blocks if block.strip())


def _encoding(body: bytes) -> str | None:
    """UTF-8 where it is; else what the page itself says."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _told(page: Any) -> Iterator[str]:
    """Headings and blocks; text that stands in neither is told too."""
    for one in page.iter():
        if not isinstance(one.tag, str):
            continue
        if one.tag in _HEADINGS and (said := _line(one)):
            yield f"{'#' * _HEADINGS[one.tag]} {said}"
        elif (one.tag in _BLOCKS and not _holds(one, _BLOCKS)) or (one.tag in _AROUND and _bare(one)):
            yield _line(one)


def _bare(one: Any) -> bool:
    """Holds text itself, and no block."""
    return bool(_line(one)) and not _holds(one, _BLOCKS | _HEADINGS.keys() | _AROUND | {"ul", "ol", "table"})


def _holds(one: Any, tags: Collection[str]) -> bool:
    return any(below.tag in tags for below in one.iterdescendants())


def _line(one: Any) -> str:
    return " ".join(one.text_content().split())


def _paragraph(block: Any) -> str:
    style = str(block.style.name) if block.style is not None else ""
    text = str(block.text).strip()
    if style == "Title":
        return f"# {text}"
    if style.startswith("Heading ") and style[8:].isdigit() and text:
        return f"{'#' * min(int(style[8:]), 6)} {text}"
    return f"- {text}" if style.startswith("List") and text else text


def _table(table: Any) -> str:
    return "\n".join(" | ".join(" ".join(cell.text.split()) for cell in row.cells) for row in table.rows)
