"""Addresses of human review. Those of tickets are in `ticket_urls`."""

from django.urls import path

from aiops.reviews.views import adjudication, agreement, grading, guidelines, items, lead, rounds

app_name = "reviews"
urlpatterns = [
    path("", grading.queue, name="queue"),
    path("undo/", grading.undo, name="undo"),
    path("seats/<int:pk>/grade/", grading.grade, name="grade"),
    path("seats/<int:pk>/skip/", grading.skip, name="skip"),
    path("seats/<int:pk>/escalate/", grading.escalate, name="escalate"),
    path("seats/<int:pk>/beat/", grading.beat, name="beat"),
    path("guidelines/", guidelines.guideline_list, name="guidelines"),
    path("guidelines/<slug:slug>/", guidelines.guideline_page, name="guidelines-of"),
    path("guidelines/<slug:slug>/write/", guidelines.write_guideline, name="write-guideline"),
    path("guidelines/<slug:slug>/<int:number>/", guidelines.guideline_page, name="guideline"),
    path("adjudication/", adjudication.adjudication, name="adjudication"),
    path("agreement/", agreement.agreement, name="agreement"),
    path("agreement/<slug:slug>/", agreement.agreement_of, name="agreement-of"),
    path("reviewers/", agreement.reviewers, name="reviewers"),
    path("reviewers/<int:reviewer_id>/", agreement.reviewer, name="reviewer"),
    path("reviewers/<int:reviewer_id>/clear/", lead.clear_desk, name="clear-desk"),
    path("rounds/", rounds.round_list, name="rounds"),
    path("rounds/new/", rounds.new_round, name="new-round"),
    path("rounds/<int:round_id>/", rounds.round_page, name="round"),
    path("rounds/<int:round_id>/close/", rounds.close_round, name="close-round"),
    path("probes/", rounds.probes, name="probes"),
    path("probes/<int:item_id>/end/", rounds.end_probe, name="end-probe"),
    path("lead/", lead.lead, name="lead"),
    path("lead/assign/", lead.assign, name="assign"),
    path("lead/reviewers/", lead.set_reviewers, name="set-reviewers"),
    path("items/", items.item_list, name="items"),
    path("items/<int:item_id>/", items.item_page, name="item"),
    path("items/<int:item_id>/change/", items.change_grade, name="change-grade"),
    path("items/<int:item_id>/assign/", items.assign_item, name="assign-item"),
    path("items/<int:item_id>/reviewers/", items.set_item_reviewers, name="item-reviewers"),
    path("items/<int:item_id>/requeue/", items.requeue, name="requeue"),
    path("items/<int:item_id>/withdraw/", items.withdraw, name="withdraw"),
    path("items/<int:item_id>/probe/", items.make_probe, name="make-probe"),
]
