"""Calls that wait for somebody: the list, and one of them with its form."""

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
from aiops.reviews import actions
from aiops.reviews.forms.tickets import AnswerForm, TicketFilter
from aiops.reviews.queries import tickets as queries


@requires(Permission.TICKETS_ANSWER)
@require_GET
def ticket_list(request: SignedInRequest) -> HttpResponse:
    form = TicketFilter(request.GET)
    page = paginate(request, queries.tickets_listed(**form.chosen()).defer("messages", "held", "output"))
    context = {
        "form": form,
        "page": page,
        "rows": [(ticket, _said(ticket)) for ticket in page],
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
    ticket = load(Ticket.objects.all(), pk=ticket_id)
    return _shown(request, ticket, AnswerForm(initial={"output": ticket.held}))


@requires(Permission.TICKETS_ANSWER)
@require_POST
def answer(request: SignedInRequest, ticket_id: str) -> HttpResponse:
    """The buttons say what is done: `decision` is "reject", else it is answered or approved."""
    ticket, form = load(Ticket.objects.all(), pk=ticket_id), AnswerForm(request.POST)
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
        return _shown(request, load(Ticket.objects.all(), pk=ticket_id), form, status=422)
    toasts.success(request, "The caller gets it with the next look at the ticket.")
    following = queries.after(ticket)
    return redirect("tickets:ticket", following.pk) if following else redirect("tickets:list")


@requires(Permission.TICKETS_ANSWER)
@require_POST
def send_again(request: SignedInRequest, ticket_id: str) -> HttpResponse:
    ticket = load(Ticket.objects.all(), pk=ticket_id)
    try:
        actions.send_again(by=request.user, ticket=ticket)
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, "It is on its way again.")
    return redirect("tickets:ticket", ticket.pk)


def _shown(request: SignedInRequest, ticket: Ticket, form: AnswerForm, status: int = 200) -> HttpResponse:
    expired = ticket.state == Ticket.State.WAITING and ticket.due_at <= clock.now()
    context = {
        "ticket": ticket,
        "form": form,
        "expired": expired or ticket.state == Ticket.State.EXPIRED,
        "open": ticket.state == Ticket.State.WAITING and not expired,
        "why": "" if ticket.kind == Ticket.Kind.APPROVAL else explained.why(ticket.reason),
        "told": queries.told(ticket),
        "address": features.callback_urls([ticket.feature]).get(ticket.feature, ""),
        "texts": request.user.may(Permission.SPEND_VIEW),
    }
    return render(request, "tickets/ticket.html", context, status=status)


def _said(ticket: Ticket) -> str:
    return excerpt(ticket.inputs)
