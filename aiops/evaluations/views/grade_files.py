"""A file of grades from a browser: choose it, see what it would do, confirm."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError, InvalidInput
from aiops.evaluations import actions
from aiops.evaluations.forms import GradesFileForm
from aiops.evaluations.models import GradeUpload, Run


@requires(Permission.EVALUATIONS_RUN)
@require_http_methods(["GET", "POST"])
def import_grades(request: SignedInRequest, pk: int) -> HttpResponse:
    run = load(Run.objects.select_related("feature", "dataset_version__dataset"), pk=pk)
    form = GradesFileForm(request.POST, request.FILES) if request.method == "POST" else GradesFileForm()
    refused: InvalidInput | None = None
    name = getattr(request.FILES.get("file"), "name", "")
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["file"].read()
        try:
            made = actions.upload_grades(by=request.user, run=run, filename=name, content=content)
        except InvalidInput as error:
            refused = error
        else:
            return redirect("evaluations:grade-upload", pk, made.pk)
    context = {"run": run, "form": form, "refused": refused, "file_name": name}
    return render(
        request, "evaluations/import_grades.html", context, status=422 if refused or form.errors else 200
    )


@requires(Permission.EVALUATIONS_RUN)
@require_GET
def upload_page(request: SignedInRequest, pk: int, upload: int) -> HttpResponse:
    rows = GradeUpload.objects.select_related("run__feature", "created_by").defer("content")
    waiting = load(rows, pk=upload, run=pk)
    counts = waiting.preview["counts"]
    context = {
        "upload": waiting,
        "run": waiting.run,
        "counts": counts,
        "writes": counts["new"] + counts["changed"],
    }
    return render(request, "evaluations/grade_upload.html", context)


@requires(Permission.EVALUATIONS_RUN)
@require_POST
def confirm(request: SignedInRequest, pk: int, upload: int) -> HttpResponse:
    waiting = load(GradeUpload.objects.select_related("run__feature"), pk=upload, run=pk)
    try:
        counts = actions.confirm_grades(by=request.user, upload=waiting)
    except AiopsError as error:
        toasts.failure(request, str(error))
        return redirect("evaluations:import-grades", pk)
    written = counts["new"] + counts["changed"]
    toasts.success(request, f"{written:,} grade{'' if written == 1 else 's'} imported.")
    return redirect("evaluations:run", pk)
