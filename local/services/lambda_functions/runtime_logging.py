"""The root log handler of AWS's Python runtime, in text or JSON; runs inside the function's process."""

import json
import logging
import os
import sys
import time
import traceback

_STANDARD = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


class RuntimeLogHandler(logging.Handler):
    """Writes records as AWS_LAMBDA_LOG_FORMAT asks, with the id of the current request."""

    request_id = ""

    def attach(self) -> None:
        """Become the root logger's handler, at the configured level."""
        level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "")
        logging.getLogger().addHandler(self)
        if level:
            names = {"TRACE": "DEBUG", "FATAL": "CRITICAL"}
            logging.getLogger().setLevel(names.get(level, level))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record to the function's log."""
        moment = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z"
        if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
            line = json.dumps(self._document(record, moment), default=str)
        else:
            line = f"[{record.levelname}]\t{moment}\t{self.request_id}\t{self.format(record)}"
        sys.stderr.write(line + "\n")

    def end(self) -> None:
        """Say that the request has written all that it will, however busy the machine is."""
        sys.stderr.write(f"\x1e{self.request_id}\n")
        sys.stderr.flush()

    def _document(self, record: logging.LogRecord, moment: str) -> "dict[str, object]":
        document: dict[str, object] = {
            "timestamp": moment,
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": self.request_id,
        }
        document |= {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
        if record.exc_info and record.exc_info[0]:
            document["errorType"] = record.exc_info[0].__name__
            document["errorMessage"] = str(record.exc_info[1])
            document["stackTrace"] = traceback.format_tb(record.exc_info[2])
        return document
