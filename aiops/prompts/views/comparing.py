"""Two versions beside each other."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core.pages import page_or_fragment
from aiops.prompts import queries
from aiops.prompts.diff import compare
from aiops.prompts.models import Prompt, Version
from aiops.prompts.views.tabs import tabs


@requires(Permission.PROMPTS_VIEW)
@require_GET
def compare_page(request: SignedInRequest, name: str) -> HttpResponse:
    """`?from=6&to=7&view=inline|side&all=1`; without them production, or the one before, and the latest."""
    prompt = load(Prompt.objects.select_related("feature"), name=name)
    numbers = queries.numbers_of(prompt)
    if not numbers:
        raise Http404(f"The prompt {name} has no version to compare.")
    after = load(Version.objects.all(), prompt=prompt, number=_number(request, "to", numbers[0]))
    start = _number(request, "from", queries.compared_with(prompt, after.number))
    before = load(Version.objects.all(), prompt=prompt, number=start)
    whole = request.GET.get("all") == "1"
    context = {
        "prompt": prompt,
        "numbers": numbers,
        "before": before,
        "after": after,
        "parts": compare(before, after, **({"context": None} if whole else {})),
        "view": "side" if request.GET.get("view") == "side" else "inline",
        "whole": whole,
        "tabs": tabs(prompt, "compare", version=after.number),
    }
    return page_or_fragment(request, "prompts/compare.html", "prompts/_compare.html", context)


def _number(request: SignedInRequest, key: str, default: int) -> int:
    asked = request.GET.get(key, "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else default
