"""Logs as events with fields; phone numbers masked wherever they hide."""

from __future__ import annotations

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

PHONE = re.compile(r"(?<!\d)((?:(?:00)?86[ -]?)?1[3-9]\d)[ -]?\d{4}[ -]?(\d{4})(?!\d)")
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


def mask(value: Any) -> Any:
    """The value with every mainland phone number inside its texts shown as 138****1234."""
    if isinstance(value, str):
        return PHONE.sub(r"\1****\2", value)
    if isinstance(value, int) and not isinstance(value, bool) and PHONE.fullmatch(str(value)):
        return mask(str(value))
    if isinstance(value, dict):
        return {mask(name): mask(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([mask(inner) for inner in value]) if type(value) in (list, tuple) else value
    return value


def mask_phones(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: nothing that looks like a phone number leaves, and no text begins a line of its own."""
    for name in list(event):
        event[name] = mask(event[name])
    if isinstance(event.get("event"), str):
        event["event"] = CONTROL.sub(lambda sign: sign[0].encode("unicode_escape").decode(), event["event"])
    return event


class MaskPhones(logging.Filter):
    """The same for records of the standard library, tracebacks included."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not isinstance(record.msg, dict):
            record.msg = mask(record.getMessage())
            record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = mask(logging.Formatter().formatException(record.exc_info))
        return True


SHARED = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configuration(*, level: str, as_json: bool) -> dict[str, Any]:
    """Django's LOGGING: one stream, readable lines or JSON, both masked."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.processors.format_exc_info,
            mask_phones,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    lines = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else lines
    quiet = {"level": "WARNING"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"phones": {"()": MaskPhones}},
        "formatters": {
            "events": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,  # as text, without the frames' variables, then masked
                    mask_phones,
                    renderer,
                ],
                "foreign_pre_chain": SHARED,
            }
        },
        "handlers": {"stream": {"class": "logging.StreamHandler", "filters": ["phones"], "formatter": "events"}},
        "root": {"handlers": ["stream"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["stream"], "propagate": False},
            "django_structlog": quiet,
            "fontTools": quiet,
            "axes": quiet,
        },
    }
