"""Write the SQL for a question about orders."""

from collections.abc import Callable
from dataclasses import dataclass

import regex

from aiops.providers.simulated.brief import Brief
from aiops.providers.simulated.competence import goes_wrong
from aiops.providers.simulated.draws import pick
from aiops.providers.simulated.lexicon import lexicon, order_in

_EMAIL = regex.compile(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_DATE = regex.compile(r"\d{4}-\d{2}-\d{2}")
_MONTH = regex.compile(r"(\d{4})-(\d{2})(?!-?\d)")
_COUNT = regex.compile(r"(?<![A-Za-z0-9-])\d{1,2}(?![A-Za-z0-9-])")
_LAST_MONTH = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """What the question names; empty where it does not. `month` holds its first day and that of the next."""

    order: str
    email: str
    day: str
    month: tuple[str, str]
    status: str
    country: str
    many: str


def fits(brief: Brief) -> bool:
    return brief.says(r"\bsql\b")


def answer(brief: Brief) -> str:
    kind = kind_of(brief)
    if kind == "write":
        refuses = brief.says("NOT_ALLOWED") and not goes_wrong(brief, "refusal", 0.03)
        deletes = f"DELETE FROM orders WHERE order_number = '{order_in(brief.text)}'"  # noqa: S608 - an answer, never run
        return "NOT_ALLOWED" if refuses else deletes
    query = _QUERIES[kind](asked(brief))
    return _dressed(brief, _stumbled(brief, query))


def kind_of(brief: Brief) -> str:
    """The kind of question: the first of the lexicon's patterns that matches, else the order's status."""
    kinds = lexicon(brief.language).phrases["sql"]["kinds"]
    return next(
        (kind for kind, words in kinds.items() if regex.search(words, brief.text, regex.IGNORECASE)), "status"
    )


def asked(brief: Brief) -> Asked:
    words, text = lexicon(brief.language).phrases["sql"], brief.text

    def first(options: dict[str, str]) -> str:
        return next(
            (name for name, pattern in options.items() if regex.search(pattern, text, regex.IGNORECASE)), ""
        )

    month = _MONTH.search(text)
    return Asked(
        order=order_in(text),
        email=_found(_EMAIL, text),
        day=_found(_DATE, text),
        month=_bounds(int(month[1]), int(month[2])) if month else ("", ""),
        status=first(words["statuses"]),
        country=first(words["countries"]),
        many=_found(_COUNT, text) or "10",
    )


def _by_order(columns: str) -> Callable[[Asked], str]:
    return lambda a: f"SELECT {columns} FROM orders WHERE order_number = '{a.order}'"  # noqa: S608 - an answer, never run


# An answer for people and guardrails to check; nothing here reaches a database.
_QUERIES: dict[str, Callable[[Asked], str]] = {
    "status": _by_order("status"),
    "tracking": _by_order("carrier, tracking_code"),
    "shipped": _by_order("shipped_at"),
    "total": _by_order("total_eur"),
    "product": _by_order("product"),
    "latest": lambda a: (
        f"SELECT order_number, ordered_at, status FROM orders WHERE customer_email = '{a.email}' "  # noqa: S608 - an answer, never run
        "ORDER BY ordered_at DESC LIMIT 1"
    ),
    "spent": lambda a: f"SELECT SUM(total_eur) FROM orders WHERE customer_email = '{a.email}'",  # noqa: S608 - an answer, never run
    "orders": lambda a: (
        f"SELECT order_number, ordered_at, status FROM orders WHERE customer_email = '{a.email}' "  # noqa: S608 - an answer, never run
        "ORDER BY ordered_at DESC"
    ),
    "unshipped": lambda a: (
        f"SELECT order_number FROM orders WHERE shipped_at IS NULL AND ordered_at < '{a.day}' "  # noqa: S608 - an answer, never run
        "ORDER BY ordered_at"
    ),
    "country": lambda a: (
        f"SELECT COUNT(*) FROM orders WHERE country = '{a.country}' AND ordered_at >= '{a.day}'"  # noqa: S608 - an answer, never run
    ),
    "count": lambda a: f"SELECT COUNT(*) FROM orders WHERE status = '{a.status}'",  # noqa: S608 - an answer, never run
    "dearest": lambda a: (
        f"SELECT order_number, total_eur FROM orders WHERE ordered_at >= '{a.month[0]}' "  # noqa: S608 - an answer, never run
        f"AND ordered_at < '{a.month[1]}' ORDER BY total_eur DESC LIMIT {a.many}"
    ),
}


def _stumbled(brief: Brief, query: str) -> str:
    """`query`, or a version of it that is wrong in one of the usual ways."""
    rate = 0.06 if brief.says(r"order_number|columns?:|CREATE TABLE") else 0.3
    if not goes_wrong(brief, "query", rate, negations=True):
        return query
    ways = [
        ("order_number", "id"),
        (" DESC", ""),
        ("customer_email", "email"),
        ("SELECT ", "SELECT DISTINCT "),
        ("IS NULL", "= NULL"),
    ]
    possible = [(old, new) for old, new in ways if old in query]
    old, new = pick(possible, "stumble", brief.text)
    return query.replace(old, new, 1)


def _dressed(brief: Brief, query: str) -> str:
    """The query alone, or with the talk that models put around it."""
    rate = 0.02 if brief.says(r"nothing else|only the (?:sql|query|statement)|no explanation") else 0.25
    if not goes_wrong(brief, "form", rate):
        return query
    return pick((f"```sql\n{query};\n```", f"You can use this query:\n{query};"), "dress", brief.text)


def _found(pattern: regex.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match.group() if match else ""


def _bounds(year: int, month: int) -> tuple[str, str]:
    """The first day of a month and of the next."""
    after = (year + 1, 1) if month == _LAST_MONTH else (year, month + 1)
    return f"{year:04}-{month:02}-01", f"{after[0]:04}-{after[1]:02}-01"
