"""Every component on one page: rendered by tests, and looked at by people who change a component."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template import engines

from aiops.accounts.access import public
from aiops.core import charts, diffs, toasts
from aiops.core.errors import Problem
from aiops.core.pages import paginate

BEFORE = (
    "You help an agent.\nSummarise the ticket in at most two sentences.\n"
    "Write in the language of the ticket.\n"
    "Keep every date.\nTicket: {{ ticket }}"
)
AFTER = (
    "You help an agent.\nSummarise the ticket in at most two sentences.\n"
    "Write in plain words.\nBegin with “The customer”.\n"
    "Keep every date.\nTicket: {{ ticket }}"
)


DAYS = [datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=n) for n in range(22)]
JOB = {
    "title": "Run 421: v15 against v13",
    "done": 252,
    "failed": 6,
    "total": 412,
    "rate": 1.4,
    "left": 106_000,
    "spent": Decimal("0.87"),
    "ceiling": Decimal("1.38"),
    "cancel_url": "/x",
}


class ExampleForm(forms.Form):
    name = forms.CharField(help_text="Lower case, used in the gateway’s address.")
    limit = forms.DecimalField(label="Limit for November, USD")
    locale = forms.ChoiceField(choices=[("ja", "ja, Japanese")], required=False)
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False)
    tell = forms.BooleanField(label="Tell finance when 90 % is spent", required=False)
    roles = forms.MultipleChoiceField(
        choices=[("a", "Engineer"), ("b", "Auditor")], widget=forms.CheckboxSelectMultiple, required=False
    )


def context(request: HttpRequest) -> dict[str, Any]:
    """What the gallery's template shows."""
    return {
        "trend": [1, 2, 1.5, 3, 2.5, 4],
        "job": JOB,
        "tabs": [("Overview", "#a", True, None), ("Prompt", "#b", False, None), ("Runs", "#c", False, 3)],
        "page": paginate(request, range(1204)),
        "form": ExampleForm({"name": "support-summary", "limit": "1.200,00", "tell": "on"}),
        "problems": [Problem("the inputs are not an object", 12, "t-012"), Problem("not UTF-8")],
        "diff": diffs.lines(BEFORE, AFTER, context=2),
        "template_text": AFTER,
        "line_chart": line_chart(),
        "bar_chart": bar_chart(),
    }


def line_chart() -> charts.Chart:
    score = [0.80 + 0.004 * n + 0.02 * (n % 3) for n in range(22)]
    subject = charts.Series("v14", DAYS, score, [s - 0.03 for s in score], [s + 0.03 for s in score])
    before = charts.Series("v13", DAYS, [s - 0.06 for s in score])
    note = "Share of graded answers, with 95 % interval."
    marks = [charts.Mark(DAYS[8], "deploy v12")]
    title = "Useful answers per day"
    return charts.line("quality", title, [subject, before], note=note, marks=marks, y_format=".0%")


def bar_chart() -> charts.Chart:
    tenants = ["Acme", "Globex", "Initech", "Umbrella", "Hooli", "Stark", "Wayne"]
    spend = [
        charts.Series(t, DAYS, [(9 - i) * (1 + n % 5) for n in range(22)]) for i, t in enumerate(tenants)
    ]
    marks = [charts.Mark(DAYS[15], "cache off", bad=True)]
    return charts.bars("spend", "Spend per day by tenant", spend, marks=marks, y_format="$,.0f")


@public
def gallery(request: HttpRequest) -> HttpResponse:
    if hasattr(request, "_messages"):
        toasts.success(request, "Globex’s limit is now $3,000.", undo_url="/undo")
        messages.error(request, "The provider refused the key.")
    source = (Path(__file__).parent / "gallery.html").read_text(encoding="utf-8")
    return HttpResponse(engines["django"].from_string(source).render(context(request), request))
