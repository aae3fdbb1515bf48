"""From a file to its text: what it is called, where it is on the web, in which language, and what it says."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import regex
import yaml

from aiops.core.errors import InvalidInput
from aiops.knowledge import formats, languages

LARGEST = 20_000_000  # bytes of one file
_FRONT = regex.compile(r"\A---[ \t]*\n(?P<said>.*?)\n---[ \t]*(?:\n|\Z)", regex.DOTALL)
_FIRST_HEADING = regex.compile(r"^ {0,3}#[ \t]+(?P<title>.+?)[ \t#]*$", regex.MULTILINE)
_CONTROL = regex.compile(r"[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class File:
    """`path` inside its source, with "/"."""

    path: str
    body: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Text:
    """What a file says. `markdown`: a line that begins with # is a heading."""

    title: str
    text: str
    url: str = ""
    language: str = ""
    markdown: bool = True


def known(path: str) -> bool:
    """Whether there is a reader for files of this name."""
    return PurePosixPath(path).suffix.lower() in READERS


def read(file: File) -> Text:
    """Raises InvalidInput, in words, where the file cannot be read."""
    if not known(file.path):
        raise InvalidInput(f"there is no reader for it; there are for {', '.join(sorted(READERS))}")
    if len(file.body) > LARGEST:
        raise InvalidInput(f"it has more than {LARGEST // 1_000_000} MB")
    found = READERS[PurePosixPath(file.path).suffix.lower()](file)
    if not found.text.strip():
        raise InvalidInput("there is no text in it")
    return found


def _markdown(file: File) -> Text:
    text = _decoded(file.body)
    said: Mapping[str, Any] = {}
    if front := _FRONT.match(text):
        said, text = _front(front["said"]), text[front.end() :]
    heading = _FIRST_HEADING.search(text)
    title = str(said.get("title") or (heading and heading["title"]) or _stem(file.path))
    language = languages.language_of(str(said.get("language") or "")) or languages.detected(text)
    return Text(title[:300], text, _address(said.get("url")), language)


def _plain(file: File) -> Text:
    text = _decoded(file.body)
    return Text(_stem(file.path), text, language=languages.detected(text), markdown=False)


def _converted(read: Callable[[bytes], tuple[str, str]], *, markdown: bool) -> Callable[[File], Text]:
    def convert(file: File) -> Text:
        title, text = read(file.body)
        text = _CONTROL.sub(" ", text)
        heading = _FIRST_HEADING.search(text) if markdown else None
        named = " ".join(title.split()) or (heading and heading["title"]) or _stem(file.path)
        return Text(named[:300], text, language=languages.detected(text), markdown=markdown)

    return convert


READERS: dict[str, Callable[[File], Text]] = {
    ".docx": _converted(formats.docx, markdown=True),
    ".htm": _converted(formats.html, markdown=True),
    ".html": _converted(formats.html, markdown=True),
    ".markdown": _markdown,
    ".md": _markdown,
    ".pdf": _converted(formats.pdf, markdown=False),
    ".txt": _plain,
}


def _decoded(body: bytes) -> str:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"it is not UTF-8 from byte {error.start} on") from None
    if found := _CONTROL.search(text):
        raise InvalidInput(f"character {found.start() + 1} is a control character: is it a text?")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _front(said: str) -> Mapping[str, Any]:
    try:
        found = yaml.safe_load(said)
    except yaml.YAMLError:
        raise InvalidInput("what stands between its --- lines is no YAML") from None
    if found is not None and not isinstance(found, dict):
        raise InvalidInput("what stands between its --- lines are no names with values")
    return found or {}


def _address(said: object) -> str:
    url = str(said or "").strip()
    try:
        good = not url or (urlsplit(url).scheme in {"http", "https"} and bool(urlsplit(url).netloc))
    except ValueError:
        good = False
    if not good or len(url) > 1000 or any(character.isspace() for character in url):
        raise InvalidInput(f"its url {url[:80]!r} is no address that begins with https:// or http://")
    return url


def _stem(path: str) -> str:
    return PurePosixPath(path).stem.replace("-", " ").replace("_", " ").strip()[:300] or path[:300]
