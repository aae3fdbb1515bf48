"""Addresses of accounts."""

from django.urls import path

from aiops.accounts.views import account, people, signing_in, workspace

app_name = "accounts"
urlpatterns = [
    path("sign-in/", signing_in.sign_in, name="sign-in"),
    path("sign-in/demo/", signing_in.demo_sign_in, name="demo-sign-in"),
    path("sign-out/", signing_in.sign_out, name="sign-out"),
    path("set-password/<int:pk>/<str:token>/", signing_in.set_password, name="set-password"),
    path("", account.account, name="account"),
    path("password/", account.change_password, name="password"),
    path("sign-out-everywhere/", account.sign_out_everywhere, name="sign-out-everywhere"),
    path("people/", people.people, name="people"),
    path("people.csv", people.export, name="people-csv"),
    path("people/add/", people.add, name="person-add"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/change/", people.change, name="person-change"),
    path("people/<int:pk>/deactivate/", people.deactivate, name="person-deactivate"),
    path("people/<int:pk>/reactivate/", people.reactivate, name="person-reactivate"),
    path("people/<int:pk>/lift-lock/", people.lift_lock, name="person-lift-lock"),
    path("people/<int:pk>/link/", people.link, name="person-link"),
    path("roles/", people.roles, name="roles"),
    path("workspace/", workspace.workspace, name="workspace"),
]
