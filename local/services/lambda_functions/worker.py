"""The worker processes of functions: the Python runtime's logging, the exception's class, the memory limit."""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from pathlib import Path
from typing import Any, Self

_WATCH_SECONDS = 0.1
_LOG_SECONDS = 5.0
_POLL_SECONDS = 0.05
_END_MARK = "\x1e"
_ERROR_LINE = (
    '_real_stdout.write(json.dumps({"status": "error", "error": str(e), '
    '"trace": traceback.format_exc()}) + "\\n")'
)
_ERROR_WITH_CLASS = (
    '_real_stdout.write(json.dumps({"status": "error", "error": str(e), "error_type": type(e).__name__, '
    '"stack": traceback.format_tb(e.__traceback__)[1:], "trace": traceback.format_exc()}) + "\\n")'
)
_OK_LINE = '_real_stdout.write(json.dumps({"status": "ok", "result": result}) + "\\n")'
_END_OF_LOG = "_ms_log.end()"
_INIT_LINE = '_real_stdout.write(json.dumps({"status": "error", "error": str(e)}) + "\\n")'
_INIT_WITH_CLASS = (
    '_real_stdout.write(json.dumps({"status": "error", "error": type(e).__name__ + ": " + str(e)}) + "\\n")'
)
_CONTEXT_LINE = '_function_name = init.get("function_name", "")'
_LOGGING = Path(__file__).with_name("runtime_logging.py")


def install() -> None:
    """Extend the worker's script, its environment and its invocation."""
    from ministack.core import lambda_runtime

    from local import hooks

    script = hooks.replace(lambda_runtime, "_PYTHON_WORKER_SCRIPT", "")
    lambda_runtime._PYTHON_WORKER_SCRIPT = extended(script)

    def spawn(self: Any, *args: Any, **kwargs: Any) -> None:
        given = self.config
        variables = (given.get("Environment") or {}).get("Variables") or {}
        self.config = {**given, "Environment": {"Variables": variables | runtime_variables(given)}}
        try:
            old_spawn(self, *args, **kwargs)
        finally:
            self.config = given

    def invoke(self: Any, event: Any, request_id: str, **options: Any) -> dict[str, Any]:
        self._request_id = request_id
        with _MemoryWatch(self) as watch:
            response: dict[str, Any] = old_invoke(self, event, request_id, **options)
        if watch.exceeded:
            response["killed"] = "signal: killed (the function used more memory than its MemorySize)"
        return response

    def drain(self: Any, **waits: float) -> str:
        if not str(self.config.get("Runtime") or "python").startswith("python"):
            return str(old_drain(self, **waits))
        return log_of_request(self._stderr_queue, self._request_id, self._stderr_thread)

    old_drain = hooks.replace(
        lambda_runtime.Worker,
        "_drain_stderr_bounded",
        drain,
        parameters="self first_line_wait idle_confirm hard_cap",
    )
    old_spawn = hooks.replace(lambda_runtime.Worker, "_spawn", spawn, parameters="self")
    old_invoke = hooks.replace(lambda_runtime.Worker, "invoke", invoke)


def extended(script: str) -> str:
    """The worker script with what it lacks.

    Raises:
        local.hooks.HookError: The script has not the lines that we extend.
    """
    from local.hooks import HookError

    for line in (_ERROR_LINE, _OK_LINE, _INIT_LINE, _CONTEXT_LINE):
        if script.count(line) != 1:
            raise HookError(f"The Python worker script of ministack has no single line {line!r}")
    script = script.replace(_INIT_LINE, _INIT_WITH_CLASS).replace(_OK_LINE, f"{_END_OF_LOG}; {_OK_LINE}")
    script = script.replace(_ERROR_LINE, f"{_END_OF_LOG}; {_ERROR_WITH_CLASS}")
    request = '_ms_log.request_id = _ms_ctx.get("request_id", "")'
    script = script.replace(_CONTEXT_LINE, f"{_CONTEXT_LINE}\n        {request}")
    setup = f"{_LOGGING.read_text()}\n_ms_log = RuntimeLogHandler()\n"
    return setup + script.replace(
        "    _ms_install_invoke_depth()\n", "    _ms_install_invoke_depth()\n    _ms_log.attach()\n", 1
    )


def runtime_variables(config: dict[str, Any]) -> dict[str, str]:
    """The reserved environment variables of the runtime that ministack does not set."""
    logging = config.get("LoggingConfig") or {}
    name = config.get("FunctionName", "")
    own = (
        {}
        if config.get("PackageType") == "Image"
        else {"AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime', '')}"}
    )
    return {
        **own,
        "AWS_LAMBDA_LOG_FORMAT": logging.get("LogFormat", "Text"),
        "AWS_LAMBDA_LOG_LEVEL": logging.get("ApplicationLogLevel", ""),
        "AWS_LAMBDA_LOG_GROUP_NAME": logging.get("LogGroup") or f"/aws/lambda/{name}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    }


def log_of_request(said: queue.Queue[str], request_id: str, reader: threading.Thread | None) -> str:
    """What a request has written, to its end; of a process that died, what it left.

    Args:
        said: the lines of the process.
        request_id: of the request.
        reader: the thread that fills `said`.
    """
    lines: list[str] = []
    until = time.monotonic() + _LOG_SECONDS
    while time.monotonic() < until:
        try:
            line = said.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            if reader is None or not reader.is_alive():
                break
            continue
        if line == f"{_END_MARK}{request_id}":
            break
        if not line.startswith(_END_MARK):
            lines.append(line)
    return "\n".join(lines)


class _MemoryWatch:
    """Kills a worker that uses more memory than its function may, while it runs one invocation."""

    def __init__(self, worker: Any) -> None:
        self._worker = worker
        self._limit_kb = int(worker.config.get("MemorySize", 128)) * 1024
        self._done = threading.Event()
        self.exceeded = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._watch, daemon=True, name="lambda-memory").start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()

    def _watch(self) -> None:
        while not self._done.wait(_WATCH_SECONDS):
            process = self._worker._proc
            if process is not None and resident_kb(process.pid) > self._limit_kb:
                self.exceeded = True
                os.kill(process.pid, signal.SIGKILL)
                return


def resident_kb(pid: int) -> int:
    """Resident memory of a process in KiB; 0 where the system does not tell (no /proc).

    Example:
        >>> resident_kb(0)
        0
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    line = next((text for text in status.splitlines() if text.startswith("VmRSS:")), "VmRSS: 0 kB")
    return int(line.split()[1])
