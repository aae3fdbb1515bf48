import pytest

from aiops.catalog import actions, keys
from aiops.core.actors import SystemActor
from tests.factories import make_provider


def test_sealed_key_hides_the_secret_and_gives_it_back():
    sealed = keys.seal("sk-secret")
    assert b"sk-secret" not in sealed
    assert keys.unseal(sealed) == "sk-secret"


def test_no_key_stays_no_key():
    assert (keys.seal(""), keys.unseal(b"")) == (b"", "")


def test_same_key_is_sealed_differently_each_time():
    assert keys.seal("sk-secret") != keys.seal("sk-secret")


def test_new_encryption_key_in_front_still_opens_what_the_old_one_sealed(settings):
    settings.ENCRYPTION_KEY = "old secret"
    sealed = keys.seal("sk-secret")
    settings.ENCRYPTION_KEY = "new secret, old secret"
    assert keys.unseal(sealed) == "sk-secret"


def test_other_encryption_key_is_said_in_words(settings):
    sealed = keys.seal("sk-secret")
    settings.ENCRYPTION_KEY = "another"
    with pytest.raises(keys.KeyUnreadable, match="another AIOPS_ENCRYPTION_KEY"):
        keys.unseal(sealed)


def test_resealed_keys_need_the_new_encryption_key_alone(db, settings):
    settings.ENCRYPTION_KEY = "old"
    provider = make_provider(api_key_encrypted=keys.seal("sk-secret"))
    make_provider()
    settings.ENCRYPTION_KEY = "new,old"
    assert actions.reseal_keys(by=SystemActor("shell")) == 1
    settings.ENCRYPTION_KEY = "new"
    provider.refresh_from_db()
    assert keys.unseal(provider.api_key_encrypted) == "sk-secret"
