"""People: who is here, what they may do, and whether they get in."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aiops.accounts import actions, queries, throttling
from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.forms import PersonForm
from aiops.accounts.models import User
from aiops.accounts.permissions import ROLES, Permission, Role
from aiops.accounts.words import ROLE_WORDS, in_words, told
from aiops.core import clock
from aiops.core.errors import AiopsError
from aiops.core.exports import stream_csv
from aiops.core.pages import page_or_fragment, paginate


@requires(Permission.PEOPLE_VIEW)
@require_GET
def people(request: SignedInRequest) -> HttpResponse:
    """All people with filters; locks are looked up once for the page."""
    filters = _filters(request)
    page, locks = paginate(request, queries.people(**filters)), throttling.locks()
    rows = [(person, locks.get(person.email.lower())) for person in page]
    context = {"page": page, "rows": rows, "roles": list(Role), "states": queries.STATES, "filters": filters}
    return page_or_fragment(request, "accounts/people.html", "accounts/_people.html", context)


@requires(Permission.PEOPLE_VIEW)
@require_GET
def export(request: SignedInRequest) -> HttpResponseBase:
    """What the filters show, as CSV."""
    header = ("email", "name", "roles", "active", "last_sign_in", "locked_until", "created_at")
    return stream_csv("people.csv", header, _csv_rows(request))


@requires(Permission.PEOPLE_EDIT)
@require_http_methods(["GET", "POST"])
def add(request: SignedInRequest) -> HttpResponse:
    """A new person; their one-time link is shown next."""
    form = PersonForm(request.POST or None, initial={"roles": [Role.VIEWER]})
    if form.is_valid():
        try:
            person = actions.add_person(by=request.user, **form.cleaned_data)
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            return _hand_over_link(request, person)
    return render(request, "accounts/person_add.html", {"form": form}, status=422 if form.errors else 200)


@requires(Permission.PEOPLE_VIEW)
@require_GET
def person(request: SignedInRequest, pk: int) -> HttpResponse:
    """One person: to edit for those who may, to read for others."""
    someone = load(User.objects.all(), pk=pk)
    present = {"name": someone.name, "email": someone.email, "roles": someone.roles}
    return _person_page(request, someone, PersonForm(initial=present))


@requires(Permission.PEOPLE_EDIT)
@require_POST
def change(request: SignedInRequest, pk: int) -> HttpResponse:
    """Save name, e-mail and roles; on a problem the person's page again, with what was typed."""
    someone = load(User.objects.all(), pk=pk)
    form = PersonForm(request.POST)
    if form.is_valid():
        try:
            actions.change_person(by=request.user, person=someone, **form.cleaned_data)
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{form.cleaned_data['email']} is saved.")
            return redirect("accounts:person", pk)
    return _person_page(request, someone, form)


@requires(Permission.PEOPLE_EDIT)
@require_POST
def deactivate(request: SignedInRequest, pk: int) -> HttpResponse:
    someone = load(User.objects.all(), pk=pk)
    try:
        actions.deactivate_person(by=request.user, person=someone, reason=request.POST.get("reason", ""))
    except AiopsError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{someone.email} is deactivated and signed out everywhere.")
    return redirect("accounts:person", pk)


@requires(Permission.PEOPLE_EDIT)
@require_POST
def reactivate(request: SignedInRequest, pk: int) -> HttpResponse:
    someone = load(User.objects.all(), pk=pk)
    actions.reactivate_person(by=request.user, person=someone)
    messages.success(request, f"{someone.email} may sign in again.")
    return redirect("accounts:person", pk)


@requires(Permission.PEOPLE_EDIT)
@require_POST
def lift_lock(request: SignedInRequest, pk: int) -> HttpResponse:
    someone = load(User.objects.all(), pk=pk)
    actions.lift_lock(by=request.user, person=someone)
    messages.success(request, f"{someone.email} may try again at once.")
    return redirect("accounts:person", pk)


@requires(Permission.PEOPLE_EDIT)
@require_POST
def link(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make a one-time link and show it on this very answer, nowhere else."""
    someone = load(User.objects.all(), pk=pk)
    try:
        return _hand_over_link(request, someone)
    except AiopsError as error:
        messages.error(request, str(error))
        return redirect("accounts:person", pk)


@requires(Permission.PEOPLE_VIEW)
@require_GET
def roles(request: SignedInRequest) -> HttpResponse:
    """Which role allows what, from the code."""
    rows = [
        (permission, told(permission), [permission in ROLES[role] for role in Role])
        for permission in Permission
    ]
    context = {"roles": [(role, ROLE_WORDS[role]) for role in Role], "rows": rows}
    return render(request, "accounts/roles.html", context)


def _person_page(request: SignedInRequest, someone: User, form: PersonForm) -> HttpResponse:
    context = {
        "person": someone,
        "form": form,
        "roles": in_words(someone.roles),
        "locked_until": throttling.locks(someone.email).get(someone.email.lower()),
        "sessions": someone.sessions.filter(expire_date__gt=clock.now()).count(),
        "is_self": someone.pk == request.user.pk,
        "sends_email": settings.SENDS_EMAIL,
    }
    return render(request, "accounts/person.html", context, status=422 if form.errors else 200)


def _hand_over_link(request: SignedInRequest, someone: User) -> HttpResponse:
    """By e-mail where a mail server is set up, unless the administrator wants to see it."""
    if settings.SENDS_EMAIL and "show" not in request.POST:
        actions.mail_password_link(by=request.user, person=someone)
        messages.success(request, f"A link to set a password is on its way to {someone.email}.")
        return redirect("accounts:person", someone.pk)
    path = actions.issue_password_link(by=request.user, person=someone)
    context = {"person": someone, "link": request.build_absolute_uri(path)}
    return render(request, "accounts/link.html", context)


def _filters(request: SignedInRequest) -> dict[str, str]:
    """The list's filters from the URL."""
    return {"text": request.GET.get("q", ""), **{k: request.GET.get(k, "") for k in ("role", "state")}}


def _csv_rows(request: SignedInRequest) -> Iterator[tuple[object, ...]]:
    locks = throttling.locks()
    for one in queries.people(**_filters(request)).iterator():
        yield (
            one.email,
            one.name,
            " ".join(one.roles),
            "yes" if one.is_active else "no",
            one.last_login,
            locks.get(one.email.lower()),
            one.created_at,
        )
