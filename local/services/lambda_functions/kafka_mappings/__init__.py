"""Event source mappings of MSK: pollers that really read a topic and invoke a function with what they have read."""

from __future__ import annotations

from local import shutdown
from local.services import when_serving


def install() -> None:
    """Take mappings of MSK from ministack, which has none; they go on when the saved state is loaded."""
    from local.services.lambda_functions.kafka_mappings import api, network, pollers

    api.install()
    network.install()
    when_serving.run(pollers.resume_all)
    shutdown.register(pollers.stop_all)
