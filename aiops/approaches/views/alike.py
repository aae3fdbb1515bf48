"""What the pages of every kind of approach have in common: a list to narrow, the form of a new one."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from aiops.accounts.access import SignedInRequest
from aiops.approaches.forms import ApproachFilter, NewApproachForm
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import page_or_fragment, paginate


def narrowed(
    request: SignedInRequest, listed: Callable[..., Any], templates: tuple[str, str]
) -> HttpResponse:
    """The list as the address asks; `templates` are the page and the fragment of it."""
    asked = ApproachFilter(request.GET)
    asked.is_valid()  # what does not fit narrows nothing
    chosen = {key: asked.cleaned_data.get(key, "") for key in asked.fields}
    context = {
        "page": paginate(request, listed(**chosen)),
        "chosen": chosen,
        "filtered": any(chosen.values()),
    }
    return page_or_fragment(request, *templates, context)


def begun(
    request: SignedInRequest, create: Callable[..., Any], *, kind: str, back: str, onward: str, step: str
) -> HttpResponse:
    """The form of a new one; once it is there, `onward` is the page of the next `step`."""
    form = NewApproachForm(request.POST or None, initial={"feature": request.GET.get("feature")})
    if request.method == "POST" and form.is_valid():
        try:
            made = create(by=request.user, **form.cleaned_data)
        except AiopsError as error:
            form.add_error("name", str(error))
        else:
            toasts.success(request, f"The {kind} {made} is there. Next: {step}.")
            return redirect(onward, name=made.name)
    context = {"form": form, "kind": kind, "back": reverse(back)}
    return render(request, "approaches/new.html", context, status=422 if form.errors else 200)
