"""Addresses of datasets. A case's id may hold any sign, so it stands in the query: `case/?id=…`."""

from django.urls import path

from aiops.datasets.views import cases, importing, sets, versions

app_name = "datasets"
urlpatterns = [
    path("", sets.dataset_list, name="list"),
    path("new/", sets.new_dataset, name="new"),
    path("<slug:name>/", cases.case_list, name="cases"),
    path("<slug:name>/coverage/", sets.coverage_page, name="coverage"),
    path("<slug:name>/settings/", sets.settings_page, name="settings"),
    path("<slug:name>/export/", sets.export_cases, name="export"),
    path("<slug:name>/case/", cases.case_page, name="case"),
    path("<slug:name>/case/new/", cases.new_case, name="case-new"),
    path("<slug:name>/case/restore/", cases.restore_case, name="case-restore"),
    path("<slug:name>/case/<int:row>/edit/", cases.edit_case, name="case-edit"),
    path("<slug:name>/case/<int:row>/remove/", cases.remove_case, name="case-remove"),
    path("<slug:name>/case/<int:row>/must-pass/", cases.toggle_must_pass, name="case-must-pass"),
    path("<slug:name>/import/", importing.import_page, name="import"),
    path("<slug:name>/import/<int:upload>/", importing.upload_page, name="upload"),
    path("<slug:name>/import/<int:upload>/confirm/", importing.confirm_upload, name="upload-confirm"),
    path("<slug:name>/import/<int:upload>/discard/", importing.discard_upload, name="upload-discard"),
    path("<slug:name>/versions/", versions.version_list, name="versions"),
    path("<slug:name>/versions/freeze/", versions.freeze, name="freeze"),
    path("<slug:name>/versions/<int:number>/", versions.version_page, name="version"),
    path("<slug:name>/diff/", versions.diff, name="diff"),
]
