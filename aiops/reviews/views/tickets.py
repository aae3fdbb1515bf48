"""Calls that wait for somebody: the list, and one of them, which one person has while they answer it."""

from collections.abc import Callable
from functools import partial

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import clock, toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import page_or_fragment, paginate
from aiops.features import queries as features
from aiops.gateway import explained
from aiops.gateway.models import Ticket
from aiops.gateway.queries import excerpt
from aiops.reviews import actions, ticket_claims
from aiops.reviews.forms.tickets import AnswerForm, HandOverForm, TicketFilter
from aiops.reviews.queries import tickets as queries
from aiops.reviews.sheet import sheet

TICKETS = Ticket.objects.all()
TOO_LATE = "Somebody else has it, or it no longer waits."


@requires(Permission.TICKETS_ANSWER)
@require_GET
def ticket_list(request: SignedInRequest) -> HttpResponse:
    form = TicketFilter(request.GET)
    rows = queries.tickets_listed(**form.chosen(), user=request.user)
    page = paginate(request, rows.defer("messages", "held", "output"))
    context = {
        "form": form,
        "page": page,
        "rows": [(ticket, excerpt(ticket.inputs)) for ticket in page],
        "counts": queries.counts(),
        "features": queries.features(),
        "narrowed": any(form.chosen().values()),
        "now": clock.now(),
        "soon": clock.now() + queries.SOON,
    }
    return page_or_fragment(request, "tickets/list.html", "tickets/_table.html", context)


@requires(Permission.TICKETS_ANSWER)
@require_GET
def ticket_page(request: SignedInRequest, ticket_id: str) -> HttpResponse:
    ticket = load(TICKETS, pk=ticket_id)
    return _shown(request, ticket, AnswerForm(initial={"output": ticket.held}))


@requires(Permission.TICKETS_ANSWER)
@require_POST
def take_next(request: SignedInRequest) -> HttpResponse:
    """The ticket that one has, else the free one that is due first."""
    return _following(request)


@requires(Permission.TICKETS_ANSWER)
@require_POST
def take(request: SignedInRequest, ticket_id: str) -> HttpResponse:
    ticket = load(TICKETS, pk=ticket_id)
    if not ticket_claims.take(request.user, ticket):
        toasts.error(request, TOO_LATE)
    return redirect("tickets:ticket", ticket.pk)


@requires(Permission.TICKETS_ANSWER)
@require_POST
def keep(request: SignedInRequest, ticket_id: str) -> HttpResponse:
    """A page's sign of life. Its answer says only that the ticket is lost."""
    ticket = load(TICKETS, pk=ticket_id)
    if ticket_claims.keep(request.user, ticket):
        return HttpResponse(status=204)
    return render(request, "tickets/_lost.html", {"ticket": ticket})


@requires(Permission.TICKETS_ANSWER)
@require_POST
def give_back(request: SignedInRequest, ticket_id: str) -> HttpResponse:
    ticket_claims.give_back(request.user, load(TICKETS, pk=ticket_id))
    return redirect("tickets:list")


@requires(Permission.TICKETS_ANSWER)
@require_POST
def hand_over(request: SignedInRequest, ticket_id: str) -> HttpResponse:
    ticket, form = load(TICKETS, pk=ticket_id), HandOverForm(request.POST, user=request.user)
    if not form.is_valid():
        toasts.error(request, "Choose a colleague who may answer tickets.")
        return redirect("tickets:ticket", ticket.pk)
    to, note = form.cleaned_data["to"], form.cleaned_data["note"]
    act = partial(actions.hand_over_ticket, by=request.user, ticket=ticket, to=to, note=note)
    _said(request, act, f"{to.name} has it now.")
    return redirect("tickets:ticket", ticket.pk)


@requires(Permission.TICKETS_ANSWER)
@require_POST
def answer(request: SignedInRequest, ticket_id: str) -> HttpResponse:
    """The buttons say what is done: `decision` is "reject", else it is answered or approved."""
    ticket, form = load(TICKETS, pk=ticket_id), AnswerForm(request.POST)
    ticket_claims.take(request.user, ticket)  # where it was nobody's
    if not form.is_valid():
        return _shown(request, ticket, form, status=422)
    said = form.cleaned_data
    try:
        if request.POST.get("decision") == "reject":
            actions.reject_ticket(by=request.user, ticket=ticket, note=said["note"])
        else:
            actions.answer_ticket(by=request.user, ticket=ticket, output=said["output"], note=said["note"])
    except AiopsError as error:
        form.add_error(None, str(error))
        return _shown(request, load(TICKETS, pk=ticket_id), form, status=422)
    toasts.success(request, "The caller gets it with the next look at the ticket.")
    if request.POST.get("golden"):  # what was answered stays so, whatever becomes of the case
        act = partial(actions.ticket_as_case, by=request.user, ticket=ticket)
        _said(request, act, "It is a golden case of the draft.")
    return _following(request)


@requires(Permission.TICKETS_ANSWER)
@require_POST
def as_case(request: SignedInRequest, ticket_id: str) -> HttpResponse:
    ticket = load(TICKETS, pk=ticket_id)
    act = partial(actions.ticket_as_case, by=request.user, ticket=ticket)
    _said(request, act, "It is a golden case of the draft.")
    return redirect("tickets:ticket", ticket.pk)


@requires(Permission.TICKETS_ANSWER)
@require_POST
def send_again(request: SignedInRequest, ticket_id: str) -> HttpResponse:
    ticket = load(TICKETS, pk=ticket_id)
    act = partial(actions.send_again, by=request.user, ticket=ticket)
    _said(request, act, "It is on its way again.")
    return redirect("tickets:ticket", ticket.pk)


def _said(request: SignedInRequest, act: Callable[[], object], done: str) -> None:
    try:
        act()
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, done)


def _following(request: SignedInRequest) -> HttpResponse:
    following = ticket_claims.take_next(request.user)
    if following is None:
        toasts.success(request, "Nothing else waits for a person now.")
        return redirect("tickets:list")
    return redirect("tickets:ticket", following.pk)


def _shown(request: SignedInRequest, ticket: Ticket, form: AnswerForm, status: int = 200) -> HttpResponse:
    expired = ticket.state == Ticket.State.WAITING and ticket.due_at <= clock.now()
    is_open = ticket.state == Ticket.State.WAITING and not expired
    claim, call = ticket_claims.holder(ticket) if is_open else None, queries.call_of(ticket)
    context = {
        "ticket": ticket,
        "form": form,
        "expired": expired or ticket.state == Ticket.State.EXPIRED,
        "open": is_open,
        "claim": claim,
        "mine": claim is not None and claim.person_id == request.user.pk,
        "hand_over": HandOverForm(user=request.user),
        "colleagues": queries.colleagues(request.user).exists(),
        "soon": clock.now() + queries.SOON,
        "heartbeat": ticket_claims.HEARTBEAT,
        "why": "" if ticket.kind == Ticket.Kind.APPROVAL else explained.why(ticket.reason),
        "call": call,
        "failed": [check for check in call.checks if not check["passed"]] if call else [],
        "sheet": sheet(ticket.inputs, _written(ticket, call), call.passages if call else None),
        "golden": queries.golden_name(ticket),
        "case": queries.case_from(ticket),
        "told": queries.told(ticket),
        "address": features.callback_urls([ticket.feature]).get(ticket.feature, ""),
        "texts": request.user.may(Permission.CALLS_VIEW),
    }
    return render(request, "tickets/ticket.html", context, status=status)


def _written(ticket: Ticket, call: object) -> str | None:
    """What the model wrote, as far as anybody knows: the held answer, or the one that was withheld."""
    return ticket.held or getattr(call, "rejected", None) or None
