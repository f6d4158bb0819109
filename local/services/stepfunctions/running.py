"""Running executions: whose role they act with, and how StopExecution reaches every thread of one."""

from __future__ import annotations

import contextvars
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.services.stepfunctions.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable


class Scope:
    """A region of an execution that can be stopped as a whole: the execution, a branch, one attempt.

    Example:
        >>> outer = Scope(); inner = outer.child()
        >>> outer.cancel(); inner.cancelled
        True
    """

    def __init__(self, parent: Scope | None = None, on_cancel: Callable[[], None] | None = None) -> None:
        self._event = threading.Event()
        self._children: list[Scope] = []
        self._on_cancel = on_cancel
        self._parent = parent
        if parent is not None:
            parent._children.append(self)
            if parent.cancelled:
                self.cancel()

    def child(self, on_cancel: Callable[[], None] | None = None) -> Scope:
        """A scope that stops with this one; `on_cancel` wakes whoever waits for it."""
        return Scope(self, on_cancel)

    @property
    def cancelled(self) -> bool:
        """Whether this scope has been stopped."""
        return self._event.is_set()

    def cancel(self) -> None:
        """Stop this scope and all below it."""
        self._event.set()
        if self._on_cancel is not None:
            self._on_cancel()
        for child in list(self._children):
            child.cancel()

    def close(self) -> None:
        """Forget this scope in its parent, so that a long execution does not collect them."""
        if self._parent is not None and self in self._parent._children:
            self._parent._children.remove(self)

    def check(self) -> None:
        """Raise Cancelled when the scope has been stopped."""
        if self.cancelled:
            raise Cancelled

    def sleep(self, seconds: float) -> None:
        """Sleep at most `seconds`; a stop ends it at once by raising Cancelled."""
        if self._event.wait(max(seconds, 0)):
            raise Cancelled


@dataclass
class Run:
    """One running execution: its record in ministack, its role and its scope."""

    execution: dict[str, Any]
    machine: dict[str, Any]
    scope: Scope = field(default_factory=Scope)
    timed_out: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)
    clients: dict[str, Any] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """ARN of the execution."""
        return str(self.execution["executionArn"])

    @property
    def role_arn(self) -> str:
        """Role of the state machine, which every call of the execution is made with."""
        return str(self.machine["roleArn"])


RUNS: dict[str, Run] = {}
_run: contextvars.ContextVar[Run | None] = contextvars.ContextVar("stepfunctions_run", default=None)
_scope: contextvars.ContextVar[Scope | None] = contextvars.ContextVar("stepfunctions_scope", default=None)


def enter(run: Run) -> None:
    """Make `run` the execution of the current thread and of every thread that copies its context."""
    _run.set(run)
    _scope.set(run.scope)


def current() -> Run:
    """The execution that the current thread works for.

    Raises:
        RuntimeError: Called outside an execution, which is a fault of the emulator.
    """
    run = _run.get()
    if run is None:
        raise RuntimeError("a Step Functions integration was called outside an execution")
    return run


def current_or_none() -> Run | None:
    """The execution of this thread, or None outside one."""
    return _run.get()


def scope() -> Scope:
    """The innermost scope of the current thread."""
    return _scope.get() or Scope()


def in_scope(inner: Scope, work: Callable[[], Any]) -> Callable[[], Any]:
    """`work` bound to a copy of this thread's context in which `inner` is the scope."""
    context = contextvars.copy_context()

    def bound() -> Any:
        _scope.set(inner)
        return work()

    return lambda: context.run(bound)


def pause(seconds: float) -> None:
    """Sleep for a Wait or Retry, scaled by SFN_WAIT_SCALE; a stop of the execution ends it at once."""
    from ministack.services import stepfunctions

    scope().sleep(seconds * stepfunctions._SFN_WAIT_SCALE)
