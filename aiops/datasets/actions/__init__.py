"""What a person, a command or a task may ask of datasets."""

from aiops.datasets.actions.editing import add_case, edit_case, remove_case, restore_case, values_of
from aiops.datasets.actions.freezing import freeze
from aiops.datasets.actions.importing import import_cases, import_file
from aiops.datasets.actions.making import change_settings, create_dataset
from aiops.datasets.actions.uploading import confirm, discard, look_again, upload

__all__ = [
    "add_case",
    "change_settings",
    "confirm",
    "create_dataset",
    "discard",
    "edit_case",
    "freeze",
    "import_cases",
    "import_file",
    "look_again",
    "remove_case",
    "restore_case",
    "upload",
    "values_of",
]
