"""Nothing that names a person leaves through the logs: not in lines, not in tracebacks, not in what a stranger typed."""

import io
import logging
import logging.config

import pytest
import structlog

from config import logs

PHONE, MASKED = "16900001234", "169****1234"


@pytest.fixture(params=[True, False], ids=["json", "lines"])
def written(request):
    """What a logger of the standard library writes through the configured handler."""
    given = logs.configuration(level="INFO", as_json=request.param)
    formatter = given["formatters"]["events"]
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(logs.MaskPhones())
    words = {name: value for name, value in formatter.items() if name != "()"}
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(**words))
    logger = logging.getLogger("tests.logs")
    logger.handlers, logger.propagate = [handler], False
    yield logger, stream
    logger.handlers, logger.propagate = [], True


def break_with(phone):
    kept = {"phone": phone}
    raise ValueError(f"no member has {phone} ({len(kept)})")


@pytest.mark.parametrize("make", [logging.Logger.error, logging.Logger.exception])
def test_a_traceback_shows_no_phone_and_no_variable(written, make):
    logger, stream = written
    try:
        break_with(PHONE)
    except ValueError:
        make(logger, "it broke for %s", PHONE, exc_info=True)

    assert PHONE not in stream.getvalue()
    assert MASKED in stream.getvalue()
    assert "break_with" in stream.getvalue()


def test_a_structured_event_with_an_exception_shows_no_phone(written):
    logger, stream = written
    try:
        break_with(PHONE)
    except ValueError:
        structlog.wrap_logger(
            logger, processors=[structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
        ).error("it_broke", who=PHONE, exc_info=True)  # fmt: skip

    assert PHONE not in stream.getvalue()
    assert MASKED in stream.getvalue()


def test_what_a_stranger_typed_stays_on_one_line(written):
    logger, stream = written

    logger.warning("Not Found: %s", "/x\n2026-03-04T04:00:00Z [info] signed_in user=admin\r\n")

    assert len(stream.getvalue().splitlines()) == 1


@pytest.mark.parametrize(
    "typed", ["16900001234", "+8616900001234", "008616900001234", "86 16900001234", "169 0000 1234", "169-0000-1234"]
)
def test_a_phone_is_masked_however_it_is_written(written, typed):
    logger, stream = written

    logger.warning("GET /members/?q=%s", typed)

    assert "0000" not in stream.getvalue()
    assert "****1234" in stream.getvalue()
