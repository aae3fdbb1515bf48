"""Scorers with their parameters as a form: one block for each kind, made from the kind's own fields.

More than one of a kind, and named ones, are written as JSON below the blocks.
"""

import json
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from django import forms
from django.forms.boundfield import BoundField
from pydantic.fields import FieldInfo

from aiops.catalog import queries as catalog
from aiops.core.errors import InvalidInput
from aiops.evaluations import judging
from aiops.evaluations.scorers import KINDS, parse
from aiops.evaluations.scorers.base import Scorer

_LABELS = {"value": "texts, one per line", "schema_": "schema (JSON); empty: the prompt version's"}


@dataclass(frozen=True, slots=True)
class Block:
    """One kind of scorer on the form."""

    title: str
    about: str
    switch: BoundField
    fields: list[BoundField]

    @property
    def open(self) -> bool:
        return bool(self.switch.value()) or any(field.errors for field in (self.switch, *self.fields))


class ScorersForm(forms.Form):
    """`configured` gives the scorers; `initial_of` turns stored ones into what the form shows."""

    more = forms.CharField(
        required=False,
        label="More scorers as JSON",
        widget=forms.Textarea({"rows": 3, "class": "mono", "spellcheck": "false"}),
        help_text='A list, for a second of a kind: [{"type": "contains", "value": ["Dear"]}]',
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in KINDS.values():
            self.fields[_switch(kind)] = forms.BooleanField(required=False, label=kind.title)
            for name in kind.model_fields:
                self.fields[_name(kind, name)] = _field(kind, name)
        self.configured: list[dict[str, Any]] = []

    @classmethod
    def showing(cls, scorers: Sequence[Mapping[str, Any]]) -> "ScorersForm":
        """A form that shows stored `scorers` and was not sent."""
        form = cls(initial=cls.initial_of(scorers))
        form.configured = [dict(config) for config in judging.configured(scorers)]
        return form

    @staticmethod
    def initial_of(scorers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """What the form shows for stored `scorers`: the first of each kind in its block, the rest as JSON."""
        shown: dict[str, Any] = {}
        rest = []
        for config in judging.configured(scorers):
            kind = KINDS.get(str(config.get("type")))
            named = config.get("name", config.get("type")) != config.get("type")
            if kind is None or named or shown.get(_switch(kind)):
                rest.append(config)
                continue
            shown[_switch(kind)] = True
            values = {name: config.get(info.alias or name) for name, info in kind.model_fields.items()}
            shown |= {_name(kind, name): _shown(value) for name, value in values.items() if value is not None}
        return {**shown, "more": json.dumps(rest, indent=1, ensure_ascii=False)} if rest else shown

    def blocks(self) -> Iterator[Block]:
        """The kinds, for the template."""
        for kind in KINDS.values():
            fields = [self[_name(kind, name)] for name in kind.model_fields]
            about = (kind.__doc__ or "").split("\n\n")[0]
            yield Block(title=kind.title, about=about, switch=self[_switch(kind)], fields=fields)

    def clean(self) -> dict[str, Any]:
        """Collect `configured`; what a kind refuses is said at its block."""
        cleaned = super().clean() or {}
        for kind in KINDS.values():
            if cleaned.get(_switch(kind)):
                self._add(kind, cleaned)
        self.configured += self._more(cleaned.get("more", ""))
        return cleaned

    def _add(self, kind: type[Scorer], cleaned: Mapping[str, Any]) -> None:
        config: dict[str, Any] = {"type": kind.type}
        for name, info in kind.model_fields.items():
            value = cleaned.get(_name(kind, name))
            if value not in (None, "", []):
                config[info.alias or name] = value
        try:
            parse(config)
        except InvalidInput as error:
            self.add_error(_switch(kind), str(error))
        else:
            self.configured.append(config)

    def _more(self, text: str) -> list[dict[str, Any]]:
        if not text.strip():
            return []
        try:
            given = json.loads(text)
            if not isinstance(given, list):
                raise InvalidInput("this has to be a list: [{…}]")
            for config in given:
                parse(config)
        except (ValueError, InvalidInput) as error:
            self.add_error("more", str(error))
            return []
        return given


def _switch(kind: type[Scorer]) -> str:
    return f"{kind.type}-on"


def _name(kind: type[Scorer], field: str) -> str:
    return f"{kind.type}-{field.rstrip('_')}"


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


class LinesField(forms.CharField):
    """One text per line."""

    widget = forms.Textarea

    def clean(self, value: Any) -> Any:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class JsonField(forms.CharField):
    """A JSON object, or nothing."""

    widget = forms.Textarea

    def clean(self, value: Any) -> Any:
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            return json.loads(text)
        except ValueError as error:
            raise forms.ValidationError(f"Not JSON: {error}") from None


def _field(kind: type[Scorer], name: str) -> forms.Field:
    """The form field of a parameter, by its type."""
    info = kind.model_fields[name]
    annotation = _plain(info.annotation)
    offers = info.json_schema_extra.get("offers") if isinstance(info.json_schema_extra, dict) else None
    default = info.get_default(call_default_factory=True)
    common: dict[str, Any] = {
        "required": False,
        "label": _LABELS.get(name, name.replace("_", " ")).capitalize(),
        "help_text": info.description or "",
    }
    if annotation is bool:
        return forms.BooleanField(**common, initial=default)
    if offers or get_origin(annotation) is Literal:
        named = [(choice, str(choice).replace("_", " ")) for choice in get_args(annotation)]
        return forms.ChoiceField(**common, initial=default, choices=_OFFERED.get(str(offers), named))
    if annotation in (int, float):
        return _number(annotation, {**common, "initial": default})
    if get_origin(annotation) is list:
        return LinesField(**common, widget=forms.Textarea({"rows": 3}))
    if get_origin(annotation) is dict:
        return JsonField(**common, widget=forms.Textarea({"rows": 4, "class": "mono", "spellcheck": "false"}))
    return forms.CharField(**common, widget=_text_input(info))


def _rubrics() -> list[tuple[str, str]]:
    return [("", "Choose a prompt"), *((name, name) for name in judging.rubric_names())]


def _models() -> list[tuple[str, str]]:
    return [("", "The version's own"), *((model.name, model.name) for model in catalog.priced_models())]


_OFFERED: Mapping[str, Any] = {"rubrics": _rubrics, "models": _models}


def _text_input(info: FieldInfo) -> forms.Widget:
    """One line, or as many as the parameter asks for."""
    extra = info.json_schema_extra
    if isinstance(extra, dict) and "rows" in extra:
        return forms.Textarea({"rows": extra["rows"], "class": "mono", "spellcheck": "false"})
    return forms.TextInput()


def _number(annotation: Any, common: dict[str, Any]) -> forms.Field:
    if annotation is int:
        return forms.IntegerField(**common, min_value=0)
    return forms.FloatField(**common, min_value=0, widget=forms.NumberInput({"step": "any"}))


def _plain(annotation: Any) -> Any:
    """`X | None` as X."""
    if get_origin(annotation) in (Union, types.UnionType):
        return next(part for part in get_args(annotation) if part is not type(None))
    return annotation
