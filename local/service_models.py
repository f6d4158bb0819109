"""ministack asks the service's model for the content type of every answer: each model is made once, not every time."""

from __future__ import annotations

import functools

from local import hooks


def install() -> None:
    """Keep the models."""
    from ministack.core import responses

    kept = functools.cache(responses._service_model)
    hooks.replace(responses, "_service_model", kept, parameters="service")
