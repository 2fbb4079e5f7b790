"""What the service tells of itself: one JSON object a line, on standard error.

No picture's content is ever logged, and nothing that came from outside can break a line or command a
terminal: JSON escapes it.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

log = logging.getLogger("convscope.serving")


class JsonLines(logging.Formatter):
    r"""Writes a record as one line of JSON.

    Example:
        >>> record = logging.makeLogRecord({"msg": "loaded", "levelname": "INFO", "fields": {"model": "a\n"}})
        >>> record.created = 0
        >>> print(JsonLines().format(record))
        {"time": "1970-01-01T00:00:00.000+00:00", "level": "info", "event": "loaded", "model": "a\n"}
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, what happened, its fields, and the traceback of a bug."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def tell(
    event: str, *, level: int = logging.INFO, error: BaseException | None = None, **fields: object
) -> None:
    """Log what happened, with fields that JSON can hold."""
    if log.isEnabledFor(level):
        trace = (type(error), error, error.__traceback__) if error else None
        # a record made here knows no place in the code: finding it would take as long as all the rest
        log.handle(log.makeRecord(log.name, level, "", 0, event, (), trace, extra={"fields": fields}))


def configure() -> None:
    """Let all of this process's logs go to standard error as JSON; of libraries, only what is wrong."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    log.setLevel(logging.INFO)
