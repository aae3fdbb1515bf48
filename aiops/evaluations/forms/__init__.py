"""What people may type about an evaluation."""

from aiops.evaluations.forms.filters import ResultFilter, RunFilter
from aiops.evaluations.forms.grades import DrawForm, GradeForm, GradesFileForm
from aiops.evaluations.forms.scoring import ScorersForm
from aiops.evaluations.forms.start import ContinueForm, StartForm
from aiops.evaluations.forms.verdicts import AcceptForm, CompareForm, FlippedFilter, PolicyForm

__all__ = [
    "AcceptForm",
    "CompareForm",
    "ContinueForm",
    "DrawForm",
    "FlippedFilter",
    "GradeForm",
    "GradesFileForm",
    "PolicyForm",
    "ResultFilter",
    "RunFilter",
    "ScorersForm",
    "StartForm",
]
