"""Two runs before people, blind: starting, and what came out."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import paginate
from aiops.evaluations import pairwise_queries, statistics
from aiops.evaluations import queries as evaluations
from aiops.reviews import actions
from aiops.reviews.forms.pairs import PairsForm
from aiops.reviews.queries import pairs
from aiops.reviews.tabs import tabs


@requires(Permission.REVIEWS_GRADE)
@require_GET
def pair_list(request: SignedInRequest) -> HttpResponse:
    context = {"tabs": tabs("pairs", request.user), "page": paginate(request, pairs.comparisons())}
    return render(request, "reviews/pairs.html", context)


@requires(Permission.EVALUATIONS_RUN)
@require_http_methods(["GET", "POST"])
def new_pairs(request: SignedInRequest, run_id: int) -> HttpResponse:
    run = load(evaluations.runs(), pk=run_id)
    others = list(pairwise_queries.others(run))
    form = PairsForm(request.POST or None, others=others)
    if request.method == "POST" and form.is_valid():
        try:
            opened = actions.start_pairs(by=request.user, candidate=run, **form.cleaned_data)
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            toasts.success(request, "They wait in the queue of those who read their language.")
            return redirect("reviews:pairs-of", opened.pk)
    context = {"run": run, "others": others, "form": form}
    return render(request, "reviews/new_pairs.html", context, status=422 if form.errors else 200)


@requires(Permission.REVIEWS_GRADE)
@require_GET
def pairs_page(request: SignedInRequest, pairs_id: int) -> HttpResponse:
    opened = load(pairs.comparisons(), pk=pairs_id)
    context = {"opened": opened, "verdict": pairs.verdict(opened), "least": statistics.LEAST}
    return render(request, "reviews/pairs_of.html", context)
