"""One's own account: profile, password, sessions, and what one's roles allow."""

from django.contrib import auth, messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from aiops.accounts import actions
from aiops.accounts.access import SignedInRequest, signed_in
from aiops.accounts.forms import ChangePasswordForm, ProfileForm
from aiops.accounts.permissions import Permission
from aiops.accounts.words import in_words, told


@signed_in
@require_http_methods(["GET", "POST"])
def account(request: SignedInRequest) -> HttpResponse:
    """The profile to edit, roles and permissions in words, sessions."""
    person = request.user
    present = {"name": person.name, "timezone": person.timezone, "languages": person.languages}
    form = ProfileForm(request.POST or None, initial=present)
    if form.is_valid():
        actions.change_profile(by=person, **form.cleaned_data)
        messages.success(request, "Your profile is saved.")
        return redirect("accounts:account")
    context = {
        "form": form,
        "roles": in_words(person.roles),
        "permissions": [told(permission) for permission in Permission if person.may(permission)],
        "sessions": person.sessions.order_by("-seen_at")[:8],
        "session_count": person.sessions.count(),
        "this_session": request.session.session_key,
    }
    return render(request, "accounts/account.html", context, status=422 if form.errors else 200)


@signed_in
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("present", "new_password", "again")
def change_password(request: SignedInRequest) -> HttpResponse:
    """The present password, then the new one twice. Sessions elsewhere end; this one goes on."""
    person = request.user
    form = ChangePasswordForm(person, request.POST or None)
    if form.is_valid():
        key = request.session.session_key or ""
        actions.set_password(
            by=person, person=person, password=form.cleaned_data["new_password"], keep_session=key
        )
        auth.update_session_auth_hash(request, person)
        messages.success(request, "Your password is changed. Everywhere else you are signed out.")
        return redirect("accounts:account")
    return render(request, "accounts/password.html", {"form": form}, status=422 if form.errors else 200)


@signed_in
@require_POST
def sign_out_everywhere(request: SignedInRequest) -> HttpResponse:
    """End all sessions of one's own but this one."""
    key = request.session.session_key or ""
    ended = actions.end_sessions(by=request.user, person=request.user, keep_session=key)
    said = (
        f"{ended} other session{'s' if ended != 1 else ''} ended." if ended else "There was no other session."
    )
    messages.success(request, said)
    return redirect("accounts:account")
