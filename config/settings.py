"""The only settings file. What differs between machines comes from the environment (docs/install.md)."""

import os
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _
from kombu import Exchange, Queue

from . import env
from .logs import configuration as logging_configuration
from .places import places

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(env.text("QUANYU_VAR", str(BASE_DIR / "var")))
TESTING = "PYTEST_VERSION" in os.environ  # set by pytest before anything is imported

DEBUG = env.flag("DEBUG")
DEMO = env.flag("DEMO")
DEMO_NUMBERS_BLOCK_SEND = True  # numbers of the demo (1690…) never leave the machine
CHAIN = env.text("QUANYU_CHAIN", "demo")  # or "journey": a database of its own with public data; or "empty"
DEMO_PASSWORD = env.text("DEMO_PASSWORD", "quanyu-demo-2026")

# --- addresses -----------------------------------------------------------------------------------------
SITE_URL = env.text("SITE_URL", "http://localhost:8000").rstrip("/")
HTTPS = SITE_URL.startswith("https://")
SECRET_KEY = env.secret("SECRET_KEY", file=VAR / "secret_key")
SECRET_KEY_FALLBACKS = env.listed("SECRET_KEY_FALLBACKS", [])
STORE_CODE_KEY = env.text("STORE_CODE_KEY", f"store-code:{SECRET_KEY}")  # checks on printed codes
ALLOWED_HOSTS = env.listed(
    "ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]", urlsplit(SITE_URL).hostname or "localhost"]
)
CSRF_TRUSTED_ORIGINS = env.listed("CSRF_TRUSTED_ORIGINS", [SITE_URL])
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = True

# --- apps ----------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "web",
    "web.ui",
    "campaigns",
    "segments",
    "loyalty",
    "members",
    "stores",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "csp",
    "django_celery_beat",
    "django_filters",
    "django_htmx",
    "django_prometheus",
    "django_structlog",
    "import_export",
    "ninja",
    "template_partials",
]
# Which kinds of members' events each app hears; a copy of each waits in its inbox.
EVENT_READERS: dict[str, tuple[str, ...]] = {
    "segments": ("*",),
    "campaigns": ("member.joined", "coupon.redeemed", "tier.changed", "member.merged", "member.unmerged"),
}

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "web.requests.NoNul",
    "web.requests.MethodNotAllowed",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "web.ui.middleware.LanguageAndTimeZone",
    "web.gate.Gate",
    "allauth.account.middleware.AccountMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]

# --- database ------------------------------------------------------------------------------------------
EMBEDDED_POSTGRES = VAR / "postgres" if not env.text("DATABASE_URL") else None
_socket = places(EMBEDDED_POSTGRES).socket if EMBEDDED_POSTGRES else ""
_name = {"demo": "quanyu", "empty": "quanyu"}.get(CHAIN, f"quanyu_{CHAIN}")
DATABASES = {
    "default": env.database(
        "DATABASE_URL",
        env.text("DATABASE_URL", f"postgresql://postgres@/{_name}?host={quote(str(_socket))}&port=5432"),
    )
}
AUDIENCE_ROOT = VAR / "audience" / DATABASES["default"]["NAME"]  # files that can be thrown away at any time
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 2,  # seconds: a dead database answers 503 quickly
    "application_name": "quanyu",
    # receipts keep their plans on the server; KEEP_PLANS=0 for a pooler between transactions that cannot
    "prepare_threshold": 5 if env.number("KEEP_PLANS", 1) else None,
    # milliseconds: a page never hangs; long work sets its own limits in its transaction
    # plans that are kept are kept for good: they serve receipts, whose shape never changes
    "options": "-c lock_timeout=5000 -c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000 "
    "-c plan_cache_mode=force_generic_plan",
    **DATABASES["default"]["OPTIONS"],
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024  # bytes: one batch of orders through the API
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# --- people --------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "stores.Staff"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
STORE_HOME = "/s/"  # where store staff land
LOGOUT_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "config.accounts.ClosedDoor"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_FORMS = {
    "login": "web.sign_in.forms.SignInForm",
    "reauthenticate": "web.sign_in.forms.PasswordAgainForm",
    "change_password": "web.sign_in.forms.NewPasswordForm",
}
# a wrong password counts in the axes table; these hold back floods and guessed codes
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "60/m/ip,5/5m/key"}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900  # seconds
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Quanyu"
MFA_ADAPTER = "config.accounts.SecondFactor"
MFA_FORMS = {
    "authenticate": "web.sign_in.forms.CodeForm",
    "reauthenticate": "web.sign_in.forms.CodeAgainForm",
    "activate_totp": "web.sign_in.forms.EnrolForm",
}
SESSION_COOKIE_AGE = 7 * 24 * 3600  # seconds: the longest life; web.gate ends sessions earlier, by role

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "web.errors.locked_out"
AXES_CLIENT_IP_CALLABLE = "web.addresses.client_address"
AXES_USERNAME_CALLABLE = "web.addresses.login_name"
AXES_VERBOSE = False

# counts of attempts are shared by all servers, so they live in the database
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
LOOKUPS_PER_MINUTE = env.number("LOOKUPS_PER_MINUTE", 120)  # members that one key may look up through the API

# --- browser security ----------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "web.errors.csrf_failure"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY") else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- words and time ------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
TIME_ZONE = "Asia/Shanghai"  # for display; the database holds UTC
USE_TZ = True
FORMAT_MODULE_PATH: list[str] = []
FILTERS_EMPTY_CHOICE_LABEL = _("All")  # what an unused filter of a list says

# --- files ---------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
ASSETS = VAR / "assets"  # what `make up` copies from npm packages
with suppress(OSError):  # there before the first copy, or the process that makes it would not gather it
    ASSETS.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [ASSETS]
MEDIA_ROOT = VAR / "media"
MEDIA_URL = "/media/"  # never mounted: files are handed out by views that ask who you are
_STATIC = "config.static.StaticStorage"
if DEBUG or TESTING:
    _STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"
    WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _STATIC},
}
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "quanyu@example.com")
SENDER_KEY = env.text("SENDER_KEY", f"senders:{SECRET_KEY}")  # encrypts the secrets of senders at rest
SENDER_KEY_FALLBACKS = env.listed("SENDER_KEY_FALLBACKS", [f"senders:{key}" for key in SECRET_KEY_FALLBACKS])
SENDERS_MAY_STAY_INSIDE = env.flag("SENDERS_MAY_STAY_INSIDE")  # webhooks to inner addresses, for tests and demos
LOG_KEY = env.text("LOG_KEY", f"log:{SECRET_KEY}")  # signs the anchors of the action log
LOG_ANCHORS = env.text("LOG_ANCHORS", str(VAR / "log-anchors.jsonl"))  # better on another disk than the database
LINK_KEY = env.text("LINK_KEY", f"links:{SECRET_KEY}")  # checks in the links of messages
UNDO_SECONDS = env.number("UNDO_SECONDS", 60)  # a launched campaign sends nothing for so long, and may be taken back
SMS_CONNECTOR = env.text("SMS_CONNECTOR", "console")  # a key of stores.connectors.KINDS
ONE_TIME_CODES_PER_HOUR = env.number("ONE_TIME_CODES_PER_HOUR", 3000)  # the whole chain's text messages

# --- background work -----------------------------------------------------------------------------------
BROKER_SOCKET = places(VAR / "valkey").socket / "valkey.sock"
CELERY_BROKER_URL = env.text("BROKER_URL", f"redis+socket://{BROKER_SOCKET}")
if TESTING:
    CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": 3,
    "socket_timeout": 30,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2}
# receipts; reactions to facts; long work; messages
CELERY_TASK_DEFAULT_QUEUE = "reaction"
CELERY_TASK_QUEUES = [
    Queue(name, Exchange(name), routing_key=name) for name in ("counter", "reaction", "bulk", "sending")
]
CELERY_TASK_ROUTES = {name: {"queue": "bulk"} for name in ("loyalty.tasks.run_imports", "stores.tasks.*")}
# a slow gateway holds nobody else up
CELERY_TASK_ROUTES |= {f"campaigns.tasks.{name}": {"queue": "sending"} for name in ("start_due", "send_messages")}
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "config.beat:OneBeat"  # the database scheduler, one of many clocks firing
CELERY_BEAT_SYNC_EVERY = 1

# --- logs ----------------------------------------------------------------------------------------------
LOGGING = logging_configuration(level=env.text("LOG_LEVEL", "INFO"), as_json=env.flag("LOG_JSON"))
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_USER_ID_FIELD = "pk"
