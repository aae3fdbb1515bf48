"""What may be asked for: a new prompt, a new version, a label moved."""

import hashlib

from django.db import IntegrityError, transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem
from aiops.features.models import Feature
from aiops.prompts import format as prompt_format
from aiops.prompts import queries
from aiops.prompts.models import Label, Prompt, Version
from aiops.prompts.shape import LABEL, NAME, NAME_RULE, PromptFile

MAX_NOTE = 5_000


@transaction.atomic
def create_prompt(*, by: Actor, name: str, description: str = "", feature: Feature | None = None) -> Prompt:
    """A prompt without versions. Raises InvalidInput for a bad name, Conflict for one that exists."""
    if not NAME.match(name):
        raise InvalidInput(f"{name[:100]!r} is no name of a prompt: {NAME_RULE}")
    try:
        with transaction.atomic():
            prompt = Prompt.objects.create(name=name, description=description, feature=feature)
    except IntegrityError:
        raise Conflict(f"a prompt named {name!r} exists already") from None
    slug = feature.slug if feature else ""
    audit.record(
        by=by,
        action="prompts.prompt_created",
        on=prompt,
        feature=slug,
        after={"description": description, "feature": slug},
    )
    return prompt


@transaction.atomic
def create_version(
    *, by: Actor, prompt: Prompt, source: bytes, note: str = "", based_on: int | None = None
) -> Version:
    """The next version of `prompt` from the bytes of a `.prompt` file; the latest one where nothing changed.

    `based_on` is the number of the version that the author began with (0: there was none). Raises
    InvalidInput with problems by line, Conflict where somebody else has saved a later version meanwhile.
    """
    file = prompt_format.parse(source, name=prompt.name)
    if file.name != prompt.name:
        message = f"the file is of the prompt {file.name!r}, this is {prompt.name!r}"
        raise InvalidInput(message, [Problem(message)])
    if len(note) > MAX_NOTE:
        raise InvalidInput(f"the note has {len(note):,} characters, at most {MAX_NOTE:,} are allowed")
    locked = Prompt.objects.select_for_update().get(pk=prompt.pk)
    latest = queries.latest_version(locked)
    if based_on is not None and based_on != (latest.number if latest else 0):
        raise _overtaken(latest, based_on)
    if latest and bytes(latest.source) == source:
        return latest
    version = _store(locked, file, source, number=latest.number + 1 if latest else 1, note=note, by=by)
    _record_version(by, version, latest)
    if file.description and file.description != locked.description:
        _describe(by, locked, file.description)
    return version


def _overtaken(latest: Version | None, based_on: int) -> Conflict:
    if latest is None:
        return Conflict(f"version {based_on} is gone: the prompt has no version")
    who = f" by {latest.author}" if latest.author else ""
    return Conflict(
        f"version {latest.number} was saved meanwhile{who}; you began with version {based_on}. "
        "Compare, then save again to put yours after it."
    )


def _store(prompt: Prompt, file: PromptFile, source: bytes, *, number: int, note: str, by: Actor) -> Version:
    return Version.objects.create(
        prompt=prompt,
        number=number,
        source=source,
        sha256=hashlib.sha256(source).hexdigest(),
        messages=prompt_format.messages_of(file),
        variables=prompt_format.variables_of(file),
        parameters=prompt_format.parameters_of(file),
        output_schema=file.output_schema,
        model=file.model,
        note=note,
        author=by if isinstance(by, User) else None,
    )


def _record_version(by: Actor, version: Version, latest: Version | None) -> None:
    audit.record(
        by=by,
        action="prompts.version_created",
        on=version,
        feature=_slug(version.prompt),
        before={"version": latest.number, "sha256": latest.sha256} if latest else None,
        after={"version": version.number, "sha256": version.sha256, "note": version.note},
    )


def _describe(by: Actor, prompt: Prompt, description: str) -> None:
    """The newest file says what the prompt is for."""
    before, prompt.description = prompt.description, description
    prompt.save(update_fields=["description"])
    audit.record(
        by=by,
        action="prompts.prompt_described",
        on=prompt,
        feature=_slug(prompt),
        before={"description": before},
        after={"description": description},
    )


@transaction.atomic
def move_label(
    *, by: Actor, prompt: Prompt, name: str, version: Version, expected: int | None = None, reason: str = ""
) -> Label:
    """Let the label `name` of `prompt` mean `version`; made where there is none.

    `expected` is the number of the version that the person saw it on (0: on none). Raises InvalidInput for a
    bad name or another prompt's version, NotAllowed for `production`, which moves by a release alone, and
    Conflict where the label has moved meanwhile.
    """
    if not LABEL.match(name):
        raise InvalidInput(f"{name[:60]!r} is no label: lower-case letters, digits, '-' and '_', at most 60")
    if version.prompt_id != prompt.pk:
        raise InvalidInput(f"{version} is no version of {prompt}")
    _refuse_production(name)
    return _move(by, prompt, name, version, expected=expected, reason=reason)


@transaction.atomic
def put_in_production(*, by: Actor, version: Version, expected: int | None = None, reason: str = "") -> Label:
    """Let `production` mean `version`. Only `releases` calls it: a review or a roll-back stands behind it."""
    return _move(by, version.prompt, queries.PRODUCTION, version, expected=expected, reason=reason)


def _refuse_production(name: str) -> None:
    if name == queries.PRODUCTION:
        raise NotAllowed(f"{name} moves by a review that is approved and shipped, or by rolling back.")


def _move(
    by: Actor, prompt: Prompt, name: str, version: Version, *, expected: int | None, reason: str
) -> Label:
    Prompt.objects.select_for_update().get(pk=prompt.pk)
    label = prompt.labels.select_related("version").filter(name=name).first()
    before = label.version.number if label else 0
    if expected is not None and expected != before:
        where = f"on v{before}" if before else "gone"
        raise Conflict(f"the label {name!r} is {where} by now, it was moved meanwhile")
    if label and label.version_id == version.pk:
        return label
    if label is None:
        label = Label.objects.create(prompt=prompt, name=name, version=version)
    else:
        label.version = version
        label.save(update_fields=["version"])
    audit.record(
        by=by,
        action="prompts.label_moved",
        on=label,
        label=f"{prompt.name}: {name}",
        feature=_slug(prompt),
        before={"version": before} if before else None,
        after={"version": version.number},
        reason=reason,
    )
    return label


@transaction.atomic
def remove_label(*, by: Actor, prompt: Prompt, name: str) -> None:
    """Take the label `name` off. NotFound where there is none, NotAllowed for `production`."""
    _refuse_production(name)
    label = prompt.labels.select_related("version").select_for_update(of=("self",)).filter(name=name).first()
    if label is None:
        raise NotFound(f"{prompt.name} has no label {name!r}")
    audit.record(
        by=by,
        action="prompts.label_removed",
        on=label,
        label=f"{prompt.name}: {name}",
        feature=_slug(prompt),
        before={"version": label.version.number},
    )
    label.delete()


def _slug(prompt: Prompt) -> str:
    return prompt.feature.slug if prompt.feature else ""
