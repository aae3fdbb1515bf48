"""Django's settings. Every value from outside comes through `aiops.env`."""

from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF

from aiops import env
from aiops.beat import SCHEDULE

BASE_DIR = env.ROOT
AIOPS_HOME = env.home()

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.kept_secret("SECRET_KEY", "secret-key")
ENCRYPTION_KEY = env.kept_secret("AIOPS_ENCRYPTION_KEY", "encryption-key")
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS")
PUBLIC_URL = env.public_url()
GATEWAY_URL = env.gateway_url()
DEMO_SIGN_INS = env.is_loopback(env.text("AIOPS_BIND")) and env.is_loopback(
    urlsplit(PUBLIC_URL).hostname or ""
)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django_htmx",
    "axes",
    "csp",
    "aiops.core",
    "aiops.audit",
    "aiops.alerts",
    "aiops.accounts",
    "aiops.tenants",
    "aiops.catalog",
    "aiops.embeddings",
    "aiops.features",
    "aiops.datasets",
    "aiops.prompts",
    "aiops.approaches",
    "aiops.knowledge",
    "aiops.deployments",
    "aiops.flags",
    "aiops.budgets",
    "aiops.gateway",
    "aiops.evaluations",
    "aiops.releases",
    "aiops.reviews",
    "aiops.monitoring",
    "aiops.dashboards",
    "aiops.operations",
    "aiops.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "aiops.core.headers.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "aiops.audit.origin.OriginMiddleware",
    "aiops.accounts.middleware.PersonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "aiops.core.toasts.ToastMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "aiops.urls"
WSGI_APPLICATION = "aiops.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "aiops.accounts.context.access",
                "aiops.features.context.switcher",
                "aiops.dashboards.context.shell",
            ],
            "builtins": ["aiops.core.templatetags.ui", "django_htmx.templatetags.django_htmx"],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
        },
    }
]

_databases = environ.FileAwareEnv.db_url_config
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **_databases(env.database_url()),
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
# A server that does not answer is noticed in seconds: what it decided is served on, and what waits says so.
_LIMITS = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2}
DATABASES["default"]["OPTIONS"] = {**_LIMITS, **DATABASES["default"].get("OPTIONS", {})}
if env.replica_url():
    DATABASES["replica"] = {
        **DATABASES["default"],
        **_databases(env.replica_url()),
        "TEST": {"MIRROR": "default"},
    }
    DATABASES["replica"]["ENGINE"] = DATABASES["default"]["ENGINE"]

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "aiops.accounts.backends.EmailBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "dashboards:home"
LOGOUT_REDIRECT_URL = "accounts:sign-in"
SESSION_ENGINE = "aiops.accounts.sessions"  # knows whose a session is, and ends it after 7 days at the latest
SESSION_COOKIE_AGE = 12 * 3600  # without a click
PASSWORD_RESET_TIMEOUT = 24 * 3600  # of a one-time link to set a password
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PUBLIC_URL.startswith("https://") else None
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if PUBLIC_URL.startswith("https://") else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "aiops.dashboards.errors.csrf_failed"
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")

_mail = env.mail()
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _mail.host else 'console'}.EmailBackend"
EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.tls, _mail.ssl
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = _mail.sender or f"aiops@{urlsplit(PUBLIC_URL).hostname}"
SENDS_EMAIL = bool(_mail.host)

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "aiops.accounts.views.signing_in.locked_out"
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "aiops.accounts.throttling.account"  # capitals do not buy more tries
AXES_CLIENT_IP_CALLABLE = "aiops.audit.origin.client_address"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the lock ends when we said it would
AXES_DISABLE_ACCESS_LOG = True  # the audit has it
AXES_VERBOSE = False

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    }
}

SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # unique by a constraint on lower(email)

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = AIOPS_HOME / "static"
_plotly = Path(str(metadata.distribution("plotly").locate_file("plotly"))) / "package_data"
STATICFILES_DIRS = [BASE_DIR / "static", ("plotly", _plotly)]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

REDIS_URL = env.redis_url()
CELERY_BROKER_URL = env.broker_url()
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for ever: a broker may be away for longer than patience lasts
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 2.0  # seconds for running tasks, before they are handed back
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
PAID_EMBEDDER = "aiops.gateway.reembedding.paying.at_once"  # what asks models for vectors, and keeps budgets
CELERY_BEAT_SCHEDULE_FILENAME = str(AIOPS_HOME / "beat-schedule")
CELERY_BEAT_SCHEDULE = SCHEDULE

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"axes": {"level": "WARNING"}, "httpx": {"level": "WARNING"}},
}
