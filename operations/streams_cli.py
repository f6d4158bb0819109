"""`dp streams` and `dp replay`: how far topics are loaded, and what was set aside is sent again."""

from __future__ import annotations

from typing import Annotated

import typer

from operations.ending import end
from operations.options import AsJson, EnvironmentName  # noqa: TC001 - typer reads annotations when it runs


def streams(
    domain: Annotated[str | None, typer.Argument(help="A domain; all when left out.")] = None,
    environment: EnvironmentName = "local",
    as_json: AsJson = False,
) -> None:
    """How far each topic is loaded, and its open dead letters.

    Ends 0 when there are none, 1 when some are open, 2 for a wrong call, 3 when AWS or Kafka does not answer.
    """
    from operations.commands import streams as command

    end(lambda: command.run(domain, environment=environment, as_json=as_json))


def replay(
    topic: Annotated[str, typer.Argument(help="A topic, such as retail.orders.v1.")],
    first: Annotated[
        str | None,
        typer.Option(
            "--from", help="From this moment, age (2h) or offset on: 1500, or 3:1500 of partition 3."
        ),
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Up to before this one.")] = None,
    chosen: Annotated[
        str | None,
        typer.Option("--filter", help="JSONata, true for what is replayed: error.class = 'RuleViolation'"),
    ] = None,
    fix: Annotated[
        str | None,
        typer.Option(
            "--fix", help="JSONata, or a file of it, that makes the new key, value or headers of a record."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent; send nothing.")
    ] = False,
    rate: Annotated[float, typer.Option("--rate", min=0.1, max=10_000, help="Records a second.")] = 100,
    source: Annotated[
        str, typer.Option("--source", help="dlq: its dead letters; topic: what was loaded, once again.")
    ] = "dlq",
    wait: Annotated[
        float, typer.Option("--wait", min=0, help="Seconds to wait until the loader has read what was sent.")
    ] = 60,
    environment: EnvironmentName = "local",
    as_json: AsJson = False,
) -> None:
    """Send dead letters to their topic again, each once, however often it is stopped and called again.

    Ends 0 when all that was chosen was sent and none came back, 1 when some came back, could not be mended or not be
    sent, 2 for a wrong call, 3 when AWS or Kafka does not answer.
    """
    from operations.commands import replay as command

    end(
        lambda: command.run(
            topic,
            first=first,
            last=last,
            chosen=chosen,
            fix=fix,
            dry_run=dry_run,
            rate=rate,
            source=source,
            wait=wait,
            environment=environment,
            as_json=as_json,
        )
    )
