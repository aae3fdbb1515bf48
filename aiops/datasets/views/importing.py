"""A file from a browser: choose it, see what it would do, confirm."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError, Conflict, InvalidInput
from aiops.datasets import actions, intake
from aiops.datasets.forms import UploadForm
from aiops.datasets.models import Upload
from aiops.datasets.views.frame import find, framed


@requires(Permission.DATASETS_EDIT)
@require_http_methods(["GET", "POST"])
def import_page(request: SignedInRequest, name: str) -> HttpResponse:
    dataset = find(name)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    refused: InvalidInput | None = None
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        file = asked["file"]
        try:
            made = actions.upload(
                by=request.user,
                dataset=dataset,
                filename=file.name,
                content=file.read(),
                format=asked["format"],
                replace=asked["replace"],
            )
        except InvalidInput as error:
            refused = error
        else:
            return redirect("datasets:upload", dataset.name, made.pk)
    file_name = getattr(request.FILES.get("file"), "name", "")
    context = framed(dataset, "import", form=form, refused=refused, file_name=file_name)
    return render(request, "datasets/import.html", context, status=422 if refused or form.errors else 200)


@requires(Permission.DATASETS_EDIT)
@require_GET
def upload_page(request: SignedInRequest, name: str, upload: int) -> HttpResponse:
    dataset = find(name)
    waiting = load(dataset.uploads.select_related("dataset", "created_by").defer("content"), pk=upload)
    counts = intake.Counts(**waiting.preview["counts"])
    context = framed(
        dataset, "import", upload=waiting, counts=counts, writes=counts.new + counts.changed + counts.removed
    )
    return render(request, "datasets/upload.html", context)


@requires(Permission.DATASETS_EDIT)
@require_POST
def confirm_upload(request: SignedInRequest, name: str, upload: int) -> HttpResponse:
    dataset = find(name)
    waiting = load(Upload.objects.select_related("dataset__feature"), dataset=dataset, pk=upload)
    try:
        counts = actions.confirm(by=request.user, upload=waiting)
    except Conflict as error:
        toasts.error(request, str(error))
        actions.look_again(by=request.user, upload=waiting)
        return redirect("datasets:upload", dataset.name, upload)
    except AiopsError as error:
        toasts.error(request, str(error))
        return redirect("datasets:upload", dataset.name, upload)
    toasts.success(request, f"Imported {counts}.")
    return redirect("datasets:cases", dataset.name)


@requires(Permission.DATASETS_EDIT)
@require_POST
def discard_upload(request: SignedInRequest, name: str, upload: int) -> HttpResponse:
    dataset = find(name)
    waiting = load(
        Upload.objects.select_related("dataset__feature").defer("content"), dataset=dataset, pk=upload
    )
    actions.discard(by=request.user, upload=waiting)
    toasts.success(request, "The file is forgotten; nothing was imported.")
    return redirect("datasets:import", dataset.name)
