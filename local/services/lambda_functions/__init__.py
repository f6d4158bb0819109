"""Lambda: ministack's functions with AWS's errors, metrics, logs and limits, run as their own role."""

from __future__ import annotations


def install() -> None:
    """Hook the worker processes, what they report, and what is counted and logged."""
    from local.services.lambda_functions import (
        credentials,
        failures,
        image_functions,
        logging_config,
        measures,
        network,
        worker,
    )

    credentials.install()
    worker.install()
    image_functions.install()
    network.install()
    failures.install()
    logging_config.install()
    measures.install()
