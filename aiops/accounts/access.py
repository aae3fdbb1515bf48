"""Access: a view states its permission, and loads what it shows in the same step.

    @requires(Permission.PROMPTS_VIEW)
    def prompt_page(request, name):
        prompt = load(Prompt.objects.select_related("feature"), name=name)

`tests/accounts/test_every_url.py` walks all addresses and refuses a view without a stated permission.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.core.errors import NotAllowed

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)
M = TypeVar("M", bound=Model)

PUBLIC = "public"
SIGNED_IN = "signed in"


class SignedInRequest(HttpRequest):
    """A request behind `requires`: its user is a person who signed in."""

    user: User


View = Callable[Concatenate[SignedInRequest, P], R]


def requires(permission: Permission) -> Callable[[View[P, R]], Callable[..., HttpResponseBase]]:
    """Only people with `permission` get in; others are asked to sign in, or told what they lack."""

    def decorate(view: View[P, R]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            user = request.user
            if not user.is_authenticated:
                return _sign_in(request)
            if not user.may(permission):
                raise PermissionDenied(
                    f"This needs the permission {permission}, which your roles do not give."
                )
            return view(cast("SignedInRequest", request), *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]  # read by the walk over every URL
        return guarded

    return decorate


def public(view: Callable[..., R]) -> Callable[..., R]:
    """States that anybody may open the view."""
    view.permission = PUBLIC  # type: ignore[attr-defined]  # read by the walk over every URL
    return view


def signed_in(view: View[P, R]) -> Callable[..., HttpResponseBase]:
    """States that everybody who signed in may open the view, whatever their roles."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _sign_in(request)
        return view(cast("SignedInRequest", request), *args, **kwargs)

    guarded.permission = SIGNED_IN  # type: ignore[attr-defined]  # read by the walk over every URL
    return guarded


def load(rows: QuerySet[M], **lookup: Any) -> M:
    """The one row of `rows` (narrowed to what the person may see), or a 404 that says what is missing."""
    try:
        return rows.get(**lookup)
    except rows.model.DoesNotExist:  # type: ignore[attr-defined]  # the stubs do not know it for a type variable
        named = ", ".join(f"{key.split('__')[-1]} {value}" for key, value in lookup.items())
        raise Http404(f"There is no {rows.model._meta.verbose_name} with {named}.") from None


def check(user: User, permission: Permission) -> None:
    """Refuse with words unless `user` has `permission`; for actions that shells and APIs call too."""
    if not user.may(permission):
        raise NotAllowed(f"{user.email} lacks the permission {permission}.")


def _sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page, and from there back to the page that the person was on."""
    if request.headers.get("HX-Request"):
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        target = redirect_to_login(page._replace(scheme="", netloc="").geturl() or "/").url
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return redirect_to_login(request.get_full_path() if request.method in {"GET", "HEAD"} else "/")
