"""Which e-mail addresses people may sign in with."""

from django.core.validators import EmailValidator

check_address = EmailValidator(
    allowlist=["localhost", "demo"]
)  # the demo's people are engineer@demo and so on
