"""The switch of streaming for one deployment: `-c streaming=on` for the CDK, `STREAMING=1` for `make local`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from environments.model import Environment

# On AWS a cluster costs money: whether there is one stands in the environment's file, where a review sees it.
SWITCHED = "local"
ON, OFF = "on", "off"


def switched(environment: Environment, streaming: object) -> Environment:
    """The environment as a deployment is asked for: with streaming on where the switch says so, else as its file says.

    Args:
        environment: An environment; all but the laptop's are left as they are.
        streaming: What the context says: "on", "off", or None where it says nothing.

    Raises:
        ValueError: when the switch says something else; it says what is allowed.

    Example:
        >>> from environments import LOCAL, PROD
        >>> switched(LOCAL, "on").streaming.on, switched(LOCAL, None).streaming.on, switched(PROD, "off") == PROD
        (True, False, True)
    """
    if streaming not in (None, ON, OFF):
        raise ValueError(
            f"-c streaming={streaming}: allowed: {ON}, {OFF}, or nothing, for the environment {SWITCHED} alone; the "
            "others say in environments/<name>.py whether they stream."
        )
    if streaming is None or environment.name != SWITCHED:
        return environment
    settings = dataclasses.replace(environment.streaming, on=streaming == ON)
    return dataclasses.replace(environment, streaming=settings)
