"""What a person, a command or a task may ask of datasets."""

from aiops.datasets.actions.freezing import freeze
from aiops.datasets.actions.importing import import_cases, import_file
from aiops.datasets.actions.making import change_settings, create_dataset

__all__ = [
    "change_settings",
    "create_dataset",
    "freeze",
    "import_cases",
    "import_file",
]
