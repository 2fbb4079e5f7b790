"""The service's log: one JSON object per line, on standard error.

Pictures are never logged, and external text cannot break a line or control a terminal, because JSON escapes
it.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

_log = logging.getLogger("convscope.serving")


class JsonLines(logging.Formatter):
    r"""Formats a record as one line of JSON.

    Example:
        >>> record = logging.makeLogRecord({"msg": "loaded", "levelname": "INFO", "fields": {"model": "a\n"}})
        >>> record.created = 0
        >>> print(JsonLines().format(record))
        {"time": "1970-01-01T00:00:00.000+00:00", "level": "info", "event": "loaded", "model": "a\n"}
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return time, level, event and its fields; for a bug, the traceback too."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def log_event(
    event: str, *, level: int = logging.INFO, error: BaseException | None = None, **fields: object
) -> None:
    """Log an event with fields that JSON can represent."""
    if _log.isEnabledFor(level):
        trace = (type(error), error, error.__traceback__) if error else None
        # created directly, without the code location, which would take as long as all the rest
        record = _log.makeRecord(_log.name, level, "", 0, event, (), trace, extra={"fields": fields})
        _log.handle(record)


def configure() -> None:
    """Send all logs of this process to standard error as JSON; those of libraries only from warnings on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    _log.setLevel(logging.INFO)
