"""Addresses of prompts."""

from django.urls import path

from aiops.prompts.views import comparing, editing, labels, lists, preview

app_name = "prompts"
urlpatterns = [
    path("", lists.prompt_list, name="list"),
    path("new/", editing.new_prompt, name="new"),
    path("<slug:name>/", lists.prompt_page, name="prompt"),
    path("<slug:name>/compare/", comparing.compare_page, name="compare"),
    path("<slug:name>/preview/", preview.preview, name="preview"),
    path("<slug:name>/edit/", editing.new_version, name="new-version"),
    path("<slug:name>/edit/check/", editing.check_source, name="check"),
    path("<slug:name>/versions/<int:number>/", lists.version_page, name="version"),
    path("<slug:name>/versions/<int:number>/file/", lists.download, name="download"),
    path("<slug:name>/versions/<int:number>/label/", labels.label_version, name="label"),
    path("<slug:name>/versions/<int:number>/label/move/", labels.move_label, name="move-label"),
    path("<slug:name>/labels/<slug:label>/remove/", labels.remove_label, name="remove-label"),
]
