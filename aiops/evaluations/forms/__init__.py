"""What people may type about an evaluation."""

from aiops.evaluations.forms.filters import ResultFilter, RunFilter
from aiops.evaluations.forms.scoring import ScorersForm
from aiops.evaluations.forms.start import ContinueForm, StartForm

__all__ = ["ContinueForm", "ResultFilter", "RunFilter", "ScorersForm", "StartForm"]
