from celery import current_app, shared_task

from aiops.celery import app


def test_every_django_process_has_the_celery_app():
    """Without importing `aiops.celery` themselves, `enqueue` and `shared_task` find ours."""

    @shared_task(name="tests.nothing")
    def nothing():
        """Does nothing."""

    assert current_app.main == app.main == "aiops"
    assert nothing.app.conf.task_acks_late is True
