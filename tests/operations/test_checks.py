from aiops.operations import checks


def ids():
    return [hint.id for hint in checks.production()]


def test_an_install_for_this_machine_alone_needs_nothing(settings):
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    settings.DEBUG = True
    assert ids() == []


def test_a_public_install_is_told_what_is_missing(settings):
    settings.PUBLIC_URL = "http://aiops.example.com"
    settings.DEBUG = True
    settings.SENDS_EMAIL = False
    settings.ALLOWED_HOSTS = ["localhost"]
    assert ids() == ["aiops.W001", "aiops.W002", "aiops.W003", "aiops.W005"]
    settings.ALLOWED_HOSTS = ["*"]
    assert ids() == ["aiops.W001", "aiops.W002", "aiops.W004", "aiops.W005"]


def test_a_public_install_that_is_set_up_is_left_alone(settings):
    settings.PUBLIC_URL = "https://aiops.example.com"
    settings.SENDS_EMAIL = True
    settings.ALLOWED_HOSTS = [".example.com"]
    assert ids() == []
