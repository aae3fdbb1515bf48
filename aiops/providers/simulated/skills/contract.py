"""Extract the terms of a contract as JSON."""

from collections.abc import Mapping
from typing import Any

import regex

from aiops.providers.simulated.brief import Brief
from aiops.providers.simulated.competence import goes_wrong
from aiops.providers.simulated.form import as_json
from aiops.providers.simulated.lexicon import lexicon

FIELDS = (
    "effective_date",
    "term_months",
    "notice_days",
    "payment_days",
    "auto_renewal",
    "governing_law",
    "liability_cap",
)


def fits(brief: Brief) -> bool:
    return brief.says(r"contract|agreement|clause") and brief.says(r"extract|json|fields")


def answer(brief: Brief) -> str:
    found = terms(brief)
    _stumble(brief, found)
    return as_json(brief, found)


def terms(brief: Brief) -> dict[str, Any]:
    """What stands in the contract: null for what does not."""
    patterns = lexicon(brief.language).phrases["contract"]
    months = patterns["months"]
    return {
        "effective_date": _date(brief.text, patterns["effective_date"], months),
        "term_months": _months(brief.text, patterns),
        "notice_days": _number(brief.text, patterns["notice_days"]),
        "payment_days": _number(brief.text, patterns["payment_days"]),
        "auto_renewal": _renews(brief.text, patterns),
        "governing_law": _country(brief.text, patterns["countries"], patterns["law"]),
        "liability_cap": _number(brief.text, patterns["liability_cap"]),
    }


def _stumble(brief: Brief, found: dict[str, Any]) -> None:
    """Err as models do: the date as it is written, notice for payment, a missed "not", a null left out."""
    if goes_wrong(brief, "date", 0.02 if brief.says(r"iso|yyyy-mm-dd") else 0.22) and found["effective_date"]:
        year, month, day = found["effective_date"].split("-")
        found["effective_date"] = (
            f"{day}.{month}.{year}" if brief.language != "en" else f"{month}/{day}/{year}"
        )
    if goes_wrong(
        brief, "days", 0.02 if brief.says(r"not the payment|do not confuse|notice (?:period )?is") else 0.08
    ):
        found["notice_days"], found["payment_days"] = found["payment_days"], found["notice_days"]
    if goes_wrong(brief, "renewal", 0.03 if brief.says(r"unless|negation|expires") else 0.1, negations=True):
        found["auto_renewal"] = not found["auto_renewal"]
    if goes_wrong(brief, "unit", 0.02 if brief.says(r"in months|years? (?:to|into|as) months") else 0.08):
        found["term_months"] = (found["term_months"] or 0) // 12 or found["term_months"]
    missing = [name for name in FIELDS if found[name] is None]
    if missing and goes_wrong(brief, "missing", 0.03 if brief.says("null") else 0.5):
        del found[missing[0]]


def _date(text: str, pattern: str, months: Mapping[str, int]) -> str | None:
    match = regex.search(pattern, text, regex.IGNORECASE)
    if match is None:
        return None
    month = match["month"].lower()
    return f"{int(match['year']):04}-{months.get(month) or int(month):02}-{int(match['day']):02}"


def _months(text: str, patterns: Mapping[str, str]) -> int | None:
    in_months = _number(text, patterns["term_months"])
    in_years = _number(text, patterns["term_years"])
    return in_months or (in_years * 12 if in_years else None)


def _number(text: str, pattern: str) -> int | None:
    match = regex.search(pattern, text, regex.IGNORECASE)
    return int(regex.sub(r"\D", "", match["n"])) if match else None


def _renews(text: str, patterns: Mapping[str, str]) -> bool:
    if regex.search(patterns["no_renewal"], text, regex.IGNORECASE):
        return False
    return regex.search(patterns["renewal"], text, regex.IGNORECASE) is not None


def _country(text: str, countries: Mapping[str, str], law: str) -> str | None:
    clause = regex.search(law, text, regex.IGNORECASE)
    found = clause.group() if clause else ""
    return next(
        (code for code, name in countries.items() if regex.search(name, found, regex.IGNORECASE)), None
    )
