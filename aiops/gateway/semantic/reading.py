"""What of a question must be the same for the same answer to do: its facts, without a model. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from aiops.gateway.semantic import lexicon

LONGEST = 2_000  # characters of a question; a longer one is hardly asked again in other words
_CLOSE = "\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"\d+(?:[.:/]\d+)*|[^\W\d_{_CLOSE}]+\d[^\W_{_CLOSE}]*|[^\W\d_{_CLOSE}]+|[£€$¥₹%]")
_SIGN = re.compile(r"(?:(?<=\s)|^)-(?=\d)|[+*=<>#@&^|~≠≤≥÷×√∑°§]|[\u2190-\u2bff\U0001f000-\U0001faff]")
_CLOSE_RUN = re.compile(rf"[{_CLOSE}\d.万億千百十零〇一二三四五六七八九]+")
_IS_CLOSE = re.compile(f"[{_CLOSE}]")
_CONTENT_RUN = re.compile("[\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[\u30a0-\u30ff]+|[0-9.]+")
_HIRAGANA = re.compile("[\u3040-\u309f]+")
_THOUSANDS = re.compile(r"(?<=\d)[,\u202f\u00a0'](?=\d{3}(?!\d))")
_DAY_MONTH = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th|er|\.)? (?:de |of )?([^\W\d_]{3,})(?:,? (?:de )?(\d{4}))?\b"
)
_MONTH_DAY = re.compile(r"\b([^\W\d_]{3,}) (\d{1,2})(?:st|nd|rd|th)?(?:,? (\d{4}))?\b")
_FIGURES = re.compile("[1-9][0-9]*")
_HALF_DAY = re.compile(r"(?<=\d)\s*([ap])\.?m\b\.?")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_QUOTED = re.compile(r"[\"“„«「]([^\"“”„«»「」]{1,80})[\"”»」]")
_SENTENCE = re.compile(r"(?:^|[.!?:¿¡]\s*)\W*(\w+)")


@dataclass(frozen=True, slots=True)
class Facts:
    """`numbers` and `names` in order; `words` of meaning; `close` what is written without spaces."""

    numbers: tuple[str, ...]
    words: tuple[str, ...]
    negations: int
    directions: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    quoted: tuple[str, ...]
    signs: tuple[str, ...]
    scripts: frozenset[str]
    close: tuple[str, ...]


def facts_of(text: str) -> Facts:
    """All that is told of `text`."""
    common = unicodedata.normalize("NFKC", text)
    plain = _plain(common)
    tokens = list(_tokens(plain))
    close = "" if common.isascii() else lexicon.CLOSE_FILLERS.sub("", common)
    negations = sum(token in lexicon.NEGATIONS for token in tokens)
    return Facts(
        numbers=tuple(token for token in tokens if token[0].isdigit()),
        words=tuple(_meaning(tokens)),
        negations=negations + len(lexicon.CLOSE_NEGATIONS.findall(close)),
        directions=tuple(sorted(_directions(tokens))),
        names=_names(common),
        quoted=tuple(part.casefold() for part in _QUOTED.findall(common)),
        signs=tuple(_SIGN.findall(common)),
        scripts=frozenset(_scripts(common)),
        close=tuple(_close(close)),
    )


def figures_of(text: str) -> list[str]:
    """Runs of our figures, sorted: a cheap look at its numbers."""
    return sorted(_FIGURES.findall(_THOUSANDS.sub("", text)))


def without_accents(text: str) -> str:
    """In small letters, without marks: of Latin and Arabic letters, elsewhere they make other letters."""
    if text.isascii():
        return text.casefold()
    found = []
    for character in text.casefold():
        first, *marks = list(unicodedata.normalize("NFD", character))
        latin = first < "\u0250" or "\u0600" <= first <= "\u06ff"
        if latin and (marks or not unicodedata.combining(first)):
            found.append(first)
        elif not latin and not "\u064b" <= first <= "\u0652":
            found.append(character)
    return "".join(found)


def _plain(common: str) -> str:
    """In small letters, contractions written out, politeness left out, numbers and dates in one form."""
    text = without_accents(common.replace("’", "'").replace("ß", "ss"))
    text = lexicon.NOT.sub(lambda m: f"{lexicon.NOT_FORMS.get(m[1], m[1])} not", text)
    text = lexicon.FILLERS.sub(" ", lexicon.CLITIC.sub("", text))
    text = _HALF_DAY.sub(r" \1meridiem", _THOUSANDS.sub("", text))
    text = _ORDINAL.sub("", _MONTH_DAY.sub(_as_month_day, _DAY_MONTH.sub(_as_day_month, text)))
    return re.sub(r"\s+", " ", text)


def _as_day_month(found: re.Match[str]) -> str:
    return _date(found, found[1], found[2], found[3])


def _as_month_day(found: re.Match[str]) -> str:
    return _date(found, found[2], found[1], found[3])


def _date(found: re.Match[str], day: str, month: str, year: str | None) -> str:
    number = lexicon.MONTHS.get(month)
    if number is None:
        return found[0]
    return "/".join(part for part in (year, str(number), str(int(day))) if part)


def _tokens(plain: str) -> Iterator[str]:
    """Words and numbers, numbers in figures."""
    spelt = (lexicon.JOINED.get(token, token) for token in _TOKEN.findall(plain))
    yield from _counted(part for token in spelt for part in token.split())


def _counted(tokens: Iterable[str]) -> Iterator[str]:
    """Numbers in words as figures: five hundred is 500."""
    total = part = -1
    for token in tokens:
        if token in lexicon.UNITS:
            part = max(part, 0) + lexicon.UNITS[token]
        elif token in lexicon.SCALES and part >= 0:
            total, part = max(total, 0) + part * lexicon.SCALES[token], 0
        else:
            if part >= 0:
                yield str(max(total, 0) + part)
            total = part = -1
            yield _number(token) if token[0].isdigit() else lexicon.CURRENCIES.get(token, token)
    if part >= 0:
        yield str(max(total, 0) + part)


def _number(token: str) -> str:
    """Without zeros in front; Arabic and other figures as ours."""
    figures = "".join(str(unicodedata.digit(one, one)) for one in token)
    return figures.lstrip("0") or "0" if figures.isdigit() else figures


def _meaning(tokens: Sequence[str]) -> Iterator[str]:
    for token in tokens:
        if not (token[0].isdigit() or token in lexicon.GRAMMAR or token in lexicon.NEGATIONS):
            yield lexicon.SPELT.get(token, token)


def _directions(tokens: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each word of direction with the next word of meaning or number."""
    for at, token in enumerate(tokens):
        if token in lexicon.DIRECTIONS:
            rest = (one for one in tokens[at + 1 :] if one not in lexicon.GRAMMAR)
            yield token, next(rest, "")


def _names(common: str) -> tuple[str, ...]:
    """Words with a capital where no sentence begins, and signs of letters and figures."""
    if common.isupper():
        return ()
    first = {found.start(1) for found in _SENTENCE.finditer(common)}
    found = re.finditer(r"[^\W\d_]\w*", common)
    named = [one[0] for one in found if one[0][0].isupper() and one.start() not in first and len(one[0]) > 1]
    return tuple(without_accents(name) for name in named)


def _scripts(common: str) -> Iterator[str]:
    if common.isascii():
        yield from ["LATIN"] if re.search("[A-Za-z]", common) else []
        return
    for character in common:
        if character.isalpha():
            yield "LATIN" if character < "\u0250" else unicodedata.name(character, "?").partition(" ")[0]


def _close(text: str) -> Iterator[str]:
    """Han, Katakana and figures in order, and the Hiragana between them: how a sentence ends is grammar."""
    if text.isascii():
        return
    for sentence in re.split(r"[。！？!?\n]", text):
        runs = [run for run in _CLOSE_RUN.findall(sentence) if _IS_CLOSE.search(run)]
        for run in runs:
            yield from _CONTENT_RUN.findall(run)
        inner = "".join(runs)
        content = list(_CONTENT_RUN.finditer(inner))
        if content:
            end = content[-1].start()
            yield from _HIRAGANA.findall(inner[:end])
            yield from lexicon.CLOSE_WORDS.findall(inner[end:])
        elif inner:
            yield inner
