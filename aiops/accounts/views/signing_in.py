"""Getting in and out: sign-in, the demo's one-click sign-ins, one-time links, sign-out."""

from typing import Any

from django.conf import settings
from django.contrib import auth, messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from aiops.accounts import actions, links, queries, throttling
from aiops.accounts.access import SignedInRequest, public, signed_in
from aiops.accounts.forms import NewPasswordForm, SignInForm
from aiops.accounts.models import User
from aiops.accounts.words import in_words
from aiops.audit.origin import client_address
from aiops.core.actors import SystemActor

LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


@public
@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """E-mail and password. Too many wrong ones lock the account for this address (throttling)."""
    if request.user.is_authenticated:
        return redirect(_next(request))
    form = SignInForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        user = auth.authenticate(request, username=given["username"], password=given["password"])
        if isinstance(user, User):
            return _enter(request, user)
        form.add_error(None, "This e-mail address and password do not fit together.")
    context = {"form": form, "next": _next(request), "demo": _demo_accounts(request)}
    return render(request, "accounts/sign_in.html", context, status=422 if form.errors else 200)


@public
@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """One click, in the demo workspace on this machine alone. The password still has to be the demo's."""
    accounts = {account["email"] for account in _demo_accounts(request)}
    email = request.POST.get("email", "")
    if email not in accounts:
        raise Http404("There is no such demo account.")
    password = _demo_password()
    user = auth.authenticate(request, username=email, password=password)
    if not isinstance(user, User):
        messages.error(request, f"{email} has another password than the demo's by now: sign in with it.")
        return redirect("accounts:sign-in")
    return _enter(request, user)


@signed_in
@require_POST
def sign_out(request: SignedInRequest) -> HttpResponse:
    with transaction.atomic():
        actions.note_sign_out(by=request.user)
        auth.logout(request)
    return redirect(resolve_url(settings.LOGOUT_REDIRECT_URL))


@public
@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters("new_password", "again")
def set_password(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """Behind a one-time link: choose a password, then sign in with it."""
    person = links.holder(pk, token)
    if not person:
        return render(request, "accounts/link_dead.html", status=410)
    form = NewPasswordForm(person, request.POST or None)
    if form.is_valid():
        actions.set_password(by=person, person=person, password=form.cleaned_data["new_password"])
        messages.success(request, "Your password is set. Sign in with it.")
        return redirect("accounts:sign-in")
    context = {"form": form, "person": person}
    return render(request, "accounts/set_password.html", context, status=422 if form.errors else 200)


def locked_out(
    request: HttpRequest, _response: HttpResponse | None, credentials: dict[str, Any] | None
) -> HttpResponse:
    """What django-axes shows after too many wrong passwords: for how long, and who may help."""
    account = throttling.account(request, credentials)
    if getattr(request, "axes_failures_since_start", None) == settings.AXES_FAILURE_LIMIT:
        actions.note_lock(by=SystemActor("sign-in"), account=account)
    context = {"minutes": throttling.minutes_left(account, client_address(request))}
    return render(request, "accounts/locked_out.html", context, status=429)


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    """Sign `user` in: a fresh session, noted in the audit."""
    with transaction.atomic():
        request.session.flush()
        auth.login(request, user)
        request.session["address"] = client_address(request)
        request.session["agent"] = request.headers.get("User-Agent", "")[:300]
        actions.note_sign_in(by=user)
    return redirect(_next(request))


def _next(request: HttpRequest) -> str:
    """Where to go afterwards: a page of this very host, else home."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else "/"


def _demo_accounts(request: HttpRequest) -> list[dict[str, str]]:
    """The demo's people and what they may do; none unless this is a demo opened on its own machine."""
    if not (getattr(settings, "DEMO_SIGN_INS", False) and _demo_password() and _is_loopback(request)):
        return []
    return [
        {
            "email": person.email,
            "name": person.name,
            "words": " ".join(words for _, words in in_words(person.roles)),
        }
        for person in queries.demo_accounts()
    ]


def _demo_password() -> str:
    path = settings.AIOPS_HOME / "demo-password"
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def _is_loopback(request: HttpRequest) -> bool:
    """Whether the browser runs on this machine: address and host name say so, and no proxy is between."""
    if request.headers.get("X-Forwarded-For") or request.get_host().rsplit(":", 1)[0] not in LOOPBACK:
        return False
    return request.META.get("REMOTE_ADDR", "") in {"127.0.0.1", "::1"}
