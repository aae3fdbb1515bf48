"""One thing to set in a policy, and a section of them."""

from dataclasses import dataclass

MODES = (("off", "Off"), ("observe", "Observe: say it in the record"), ("enforce", "Enforce"))


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing to set. `kind`: text, number, long, check, choice, names (a list with commas), or what
    `policy_lines` writes one a line: rules, ranges, terms, json.
    """

    path: str
    label: str
    kind: str = "number"
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    optional: bool = False  # empty means None


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    title: str
    about: str
    settings: tuple[Setting, ...] = ()
