"""The tabs over every page of one prompt."""

from django.urls import reverse

from aiops.prompts import queries
from aiops.prompts.models import Prompt

Tab = tuple[str, str, bool, int | None]


def tabs(prompt: Prompt, current: str, version: int | None = None) -> list[Tab]:
    """Versions, template, compare, preview; the last three, of `version`, only where there is one."""
    numbers = queries.numbers_of(prompt)
    found: list[Tab] = [
        ("Versions", reverse("prompts:prompt", args=[prompt.name]), current == "versions", len(numbers))
    ]
    if not numbers:
        return found
    shown = version or numbers[0]
    template = reverse("prompts:version", args=[prompt.name, shown])
    preview = reverse("prompts:preview", args=[prompt.name])
    found.append(("Template", template, current == "template", None))
    if len(numbers) > 1:
        found.append(("Compare", reverse("prompts:compare", args=[prompt.name]), current == "compare", None))
    return [*found, ("Preview", f"{preview}?version={shown}", current == "preview", None)]
