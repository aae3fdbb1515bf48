"""Rule sets: the list, one with its versions, the editor, a try, and two versions beside each other."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.approaches import actions, queries, rules
from aiops.approaches.deciding import ByRules
from aiops.approaches.forms import SCAFFOLD, RulesForm, TryForm
from aiops.approaches.models import RuleSet, RuleSetVersion
from aiops.approaches.views.alike import begun, narrowed
from aiops.core import diffs, toasts
from aiops.core.errors import Conflict, InvalidInput
from aiops.core.pages import page_or_fragment, paginate

RULE_SETS = RuleSet.objects.select_related("feature")
CONTEXT = 3
Tab = tuple[str, str, bool, int | None]


@requires(Permission.PROMPTS_VIEW)
@require_GET
def rule_set_list(request: SignedInRequest) -> HttpResponse:
    templates = "approaches/rule_sets.html", "approaches/_rule_sets.html"
    return narrowed(request, queries.rule_sets_listed, templates)


@requires(Permission.PROMPTS_EDIT)
@require_http_methods(["GET", "POST"])
def new_rule_set(request: SignedInRequest) -> HttpResponse:
    return begun(
        request,
        actions.create_rule_set,
        kind="rule set",
        back="approaches:rule-sets",
        onward="approaches:edit-rules",
        step="its rules",
    )


@requires(Permission.PROMPTS_VIEW)
@require_GET
def rule_set_page(request: SignedInRequest, name: str) -> HttpResponse:
    rule_set = load(RULE_SETS, name=name)
    rows = rule_set.versions.defer("source").select_related("author").order_by("-number")
    context = {"page": paginate(request, rows), **_frame(rule_set, "versions")}
    return page_or_fragment(request, "approaches/rule_set.html", "approaches/_rule_versions.html", context)


@requires(Permission.PROMPTS_VIEW)
@require_GET
def rules_page(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    """One version: its text and a box to try it."""
    version = load(_versions(), rule_set__name=name, number=number)
    context = {"version": version, "form": TryForm(version.inputs), **_frame(version.rule_set, "rules")}
    return render(request, "approaches/rules.html", context)


@requires(Permission.PROMPTS_VIEW)
@require_POST
def try_rules(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    version = load(_versions(), rule_set__name=name, number=number)
    form = TryForm(version.inputs, request.POST)
    context: dict[str, Any] = {"version": version, "form": form}
    try:
        context["answer"] = ByRules(version).answer(form.inputs())
    except InvalidInput as error:
        context["problems"] = error.problems
    context |= _frame(version.rule_set, "rules")
    return page_or_fragment(request, "approaches/rules.html", "approaches/_answer.html", context)


@requires(Permission.PROMPTS_EDIT)
@require_http_methods(["GET", "POST"])
def edit_rules(request: SignedInRequest, name: str) -> HttpResponse:
    """The editor. `?from=N` begins with an older version, to go back to it."""
    rule_set = load(RULE_SETS, name=name)
    latest = queries.latest_rules(rule_set)
    if request.method == "POST":
        return _saved(request, rule_set, latest)
    origin = latest
    if request.GET.get("from", "").isdecimal():
        origin = load(RuleSetVersion.objects.all(), rule_set=rule_set, number=int(request.GET["from"][:9]))
    source = origin.source if origin else SCAFFOLD
    form = RulesForm(initial={"source": source, "based_on": latest.number if latest else 0})
    return _editor(request, rule_set, latest, form, {"begun": origin, "check": _checked(source)})


def _saved(request: SignedInRequest, rule_set: RuleSet, latest: RuleSetVersion | None) -> HttpResponse:
    form = RulesForm(request.POST)
    context: dict[str, Any] = {}
    if form.is_valid():
        try:
            version = actions.create_rules(by=request.user, rule_set=rule_set, **form.cleaned_data)
        except Conflict as error:
            # The person has seen it: the next save goes after the newer version.
            form.data = {**request.POST.dict(), "based_on": str(latest.number if latest else 0)}
            context["overtaken"] = str(error)
        except InvalidInput as error:
            form.add_error("source", f"Not saved: {str(error).split(': ', 1)[0]}.")
        else:
            is_new = latest is None or version.pk != latest.pk
            words = f"Version {version.number} is saved." if is_new else "Nothing changed."
            toasts.success(request, words)
            return redirect("approaches:rules", name=rule_set.name, number=version.number)
    context["check"] = _checked(request.POST.get("source", ""))
    return _editor(request, rule_set, latest, form, context, status=409 if "overtaken" in context else 422)


def _editor(
    request: SignedInRequest,
    rule_set: RuleSet,
    latest: RuleSetVersion | None,
    form: RulesForm,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    page = {"form": form, "latest": latest, **_frame(rule_set, "edit"), **context}
    return render(request, "approaches/edit_rules.html", page, status=status)


@requires(Permission.PROMPTS_EDIT)
@require_POST
def check_rules(request: SignedInRequest, name: str) -> HttpResponse:
    """What is wrong with a draft, as a part of the editor."""
    load(RULE_SETS, name=name)
    check = _checked(request.POST.get("source", ""))
    return render(request, "approaches/_check.html", {"check": check})


@requires(Permission.PROMPTS_VIEW)
@require_GET
def compare_rules(request: SignedInRequest, name: str) -> HttpResponse:
    """`?from=1&to=2`; without them the version before the latest, and the latest."""
    rule_set = load(RULE_SETS, name=name)
    numbers = queries.rule_numbers(rule_set)
    if not numbers:
        raise Http404(f"The rule set {name} has no version to compare.")
    after = load(_versions(), rule_set=rule_set, number=_number(request, "to", numbers[0]))
    earlier = next((number for number in numbers if number < after.number), after.number)
    before = load(_versions(), rule_set=rule_set, number=_number(request, "from", earlier))
    context = {
        "numbers": numbers,
        "before": before,
        "after": after,
        "lines": diffs.lines(before.source, after.source, CONTEXT),
        **_frame(rule_set, "compare"),
    }
    return render(request, "approaches/compare_rules.html", context)


def _versions() -> Any:
    return RuleSetVersion.objects.select_related("rule_set__feature", "author")


def _number(request: SignedInRequest, key: str, default: int) -> int:
    asked = request.GET.get(key, "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else default


def _checked(source: str) -> dict[str, Any]:
    try:
        return {"program": rules.program(source)}
    except InvalidInput as error:
        return {"problems": error.problems}


def _frame(rule_set: RuleSet, current: str) -> dict[str, Any]:
    """What the frame over every page of a rule set shows."""
    numbers = queries.rule_numbers(rule_set)
    tabs: list[Tab] = [
        (
            "Versions",
            reverse("approaches:rule-set", args=[rule_set.name]),
            current == "versions",
            len(numbers),
        )
    ]
    if numbers:
        latest = reverse("approaches:rules", args=[rule_set.name, numbers[0]])
        tabs.append(("Rules", latest, current == "rules", None))
    if len(numbers) > 1:
        compare = reverse("approaches:compare-rules", args=[rule_set.name])
        tabs.append(("Compare", compare, current == "compare", None))
    return {"rule_set": rule_set, "tabs": tabs}
