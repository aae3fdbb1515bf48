"""What a person answered as a golden case: what was asked, and the answer that it should have got."""

from typing import Any

from django.db import transaction

from aiops.accounts.models import User
from aiops.core.errors import Conflict, InvalidInput
from aiops.core.shown.kinds import parsed
from aiops.datasets import actions as datasets
from aiops.datasets.models import Case
from aiops.features.models import Feature
from aiops.gateway.models import Ticket
from aiops.reviews.queries import cases
from aiops.reviews.queries import tickets as queries

TAG = "from-ticket"


@transaction.atomic
def ticket_as_case(*, by: User, ticket: Ticket) -> Case:
    """Put the answered ticket into the draft of its feature's largest golden set, or of a new one.

    InvalidInput where it has no answer or no named inputs, or its feature is gone; Conflict where it is one.
    """
    ticket = Ticket.objects.select_for_update().get(pk=ticket.pk)
    feature = Feature.objects.filter(slug=ticket.feature).first()
    if ticket.state != Ticket.State.ANSWERED or feature is None:
        raise InvalidInput("Only what was answered can be a golden case.")
    if not ticket.inputs:
        raise InvalidInput("The call sent whole messages: without named inputs it can be no case.")
    if queries.case_from(ticket) is not None:
        raise Conflict("This ticket is a golden case already.")
    dataset = cases.golden_set(feature) or datasets.create_dataset(
        by=by, name=cases.new_set_name(feature), feature=feature
    )
    return datasets.add_case(by=by, dataset=dataset, values=_values(ticket))


def _values(ticket: Ticket) -> dict[str, Any]:
    """Where it came from stands in its metadata."""
    value = parsed(ticket.output)
    inputs = {name: text if isinstance(text, str) else str(text) for name, text in ticket.inputs.items()}
    source = {"ticket": ticket.pk, "call": ticket.call_id, "at": ticket.opened_at.isoformat()}
    source |= {"answered_by": ticket.answered_by, "kind": ticket.kind}
    return {
        "id": queries.case_key(ticket),
        "inputs": inputs,
        "expected": value if isinstance(value, dict | list) else ticket.output,
        "category": "" if ticket.category == "unknown" else ticket.category,
        "locale": ticket.locale,
        "tags": [TAG],
        "metadata": {"source": source},
    }
