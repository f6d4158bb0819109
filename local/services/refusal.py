"""How a service module of the embedded AWS refuses a request, in the words and with the code of AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Answer = tuple[int, dict[str, str], bytes]


class Refusal(Exception):
    """A request that AWS would refuse.

    Args:
        code: The error code that the SDK raises, such as `EntityNotFoundException`.
        message: What, where and what is allowed, in AWS's own words where they are known.
        status: The HTTP status of the answer.

    Example:
        >>> Refusal("EntityNotFoundException", "Database x not found").answer()[0]
        400
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def answer(self) -> Answer:
        """The refusal on the wire, for services that speak JSON."""
        body = json.dumps({"__type": self.code, "message": self.message}).encode()
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": self.code}
        return self.status, headers, body


def answered(
    handler: Callable[[dict[str, Any]], Mapping[str, Any] | None], request: dict[str, Any]
) -> Answer:
    """The handler's answer as JSON; a refusal becomes AWS's error envelope.

    Example:
        >>> answered(lambda request: {"Name": request["Name"]}, {"Name": "a"})[2]
        b'{"Name": "a"}'
    """
    try:
        body = json.dumps(handler(request) or {}, default=str).encode()
    except Refusal as refusal:
        return refusal.answer()
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, body
