"""What a person does with the quality page: take live calls into the golden set."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from django.db import transaction

from aiops.accounts.access import check
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.core.errors import Conflict
from aiops.datasets import actions as datasets
from aiops.datasets.models import Case, Dataset
from aiops.features.models import Feature
from aiops.gateway.models import Call
from aiops.monitoring.quality import asking
from aiops.reviews.masking import masked
from aiops.reviews.models import SamplingPolicy
from aiops.reviews.models.sampling import kinds_masked
from aiops.reviews.queries.cases import golden_set, new_set_name

TAG = "from-live"


@transaction.atomic
def add_live_cases(
    *, by: User, feature: Feature, category: str = "", locale: str = "", most: int = asking.MOST
) -> tuple[Dataset, list[Case]]:
    """Put the newest calls of a category and locale into the draft of the feature's golden set.

    Personal data is masked as for reviewers, where a call came from stands in its metadata, and what is
    expected is left open: a person says it. Conflict where no call is left to take.
    """
    check(by, Permission.DATASETS_EDIT)
    check(by, Permission.CALLS_VIEW)
    dataset = golden_set(feature)
    calls = list(islice(asking.candidates(feature, dataset, category, locale), min(most, asking.MOST)))
    if not calls:
        raise Conflict("No such call with its inputs is left that the golden set does not have.")
    dataset = dataset or datasets.create_dataset(by=by, name=new_set_name(feature), feature=feature)
    policy = SamplingPolicy.objects.filter(feature=feature).first()
    kinds = policy.masked if policy else kinds_masked()
    return dataset, [
        datasets.add_case(
            by=by, dataset=dataset, values=_values(call, masked(call.inputs, kinds, call.locale))
        )
        for call in calls
    ]


def _values(call: Call, inputs: Mapping[str, Any]) -> dict[str, Any]:
    source = {
        "call": call.id,
        "at": call.at.isoformat(),
        "tenant": call.tenant,
        "version": call.approach_name,
    }
    return {
        "id": asking.case_key(call),
        "inputs": {
            str(name): value if isinstance(value, str) else str(value) for name, value in inputs.items()
        },
        "expected": None,
        "category": "" if call.category == "unknown" else call.category,
        "locale": call.locale,
        "tags": [TAG],
        "metadata": {"source": source | {"version": call.approach_name}},
    }
