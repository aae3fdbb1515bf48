"""Features, prompts, their versions and labels."""

import hashlib
from typing import Any

from aiops.features.models import Feature
from aiops.prompts.models import Label, Prompt, Version
from aiops.releases.models import Release
from tests.factories.numbers import number


def make_feature(**values: Any) -> Feature:
    n = number()
    return Feature.objects.create(**{"slug": f"feature-{n}", "name": f"Feature {n}", **values})


def make_prompt(**values: Any) -> Prompt:
    return Prompt.objects.create(**{"name": f"prompt-{number()}", **values})


def make_version(**values: Any) -> Version:
    """A version whose one user message is `Summarise: {{ ticket }}`, numbered after the prompt's last."""
    prompt = values.pop("prompt", None) or make_prompt()
    header = f"---\nname: {prompt.name}\nvariables: {{ticket: {{type: string}}}}\n---\n"
    source = values.pop("source", f"{header}Summarise: {{{{ ticket }}}}\n".encode())
    return Version.objects.create(
        **{
            "prompt": prompt,
            "number": prompt.versions.count() + 1,
            "source": source,
            "sha256": hashlib.sha256(source).hexdigest(),
            "messages": [{"role": "user", "template": "Summarise: {{ ticket }}"}],
            "variables": {"ticket": {"type": "string"}},
            **values,
        }
    )


def make_label(**values: Any) -> Label:
    """`production` with the release that put it there."""
    version = values.pop("version", None) or make_version()
    if values.get("name", "production") == "production":
        Release.objects.create(prompt=version.prompt, version=version, kind=Release.Kind.ADOPTED)
    return Label.objects.create(
        **{"prompt": version.prompt, "version": version, "name": "production", **values}
    )
