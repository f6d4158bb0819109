"""`dp restore` and `dp retention`: how long what is kept, and whether it comes back."""

from __future__ import annotations

from typing import Annotated

import typer

from operations.ending import end
from operations.options import AsJson, EnvironmentName  # noqa: TC001 - typer reads annotations when it runs

restore_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Rehearse recovery.")


@restore_app.command("drill")
def restore_drill(
    domain: Annotated[str | None, typer.Argument(help="A domain; all when left out.")] = None,
    environment: EnvironmentName = "local",
    as_json: AsJson = False,
) -> None:
    """Back up now, restore beside, compare item by item, remove the copy; says RPO and RTO in seconds."""
    from operations.commands import restore as command

    end(lambda: command.drill(domain, environment=environment, as_json=as_json))


def retention(
    domain: Annotated[str | None, typer.Argument(help="A domain; all when left out.")] = None,
    environment: EnvironmentName = "local",
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="A page for the documentation.")] = False,
) -> None:
    """What of each dataset is kept how long, where it ages, what a lock keeps, and why."""
    from operations.commands import retention as command

    end(lambda: command.run(domain, environment=environment, as_json=as_json, markdown=markdown))
