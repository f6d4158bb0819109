"""`dp access`: access for a time, asked, approved, used, given back."""

from __future__ import annotations

from typing import Annotated

import typer

from operations.ending import end
from operations.options import AsJson, EnvironmentName  # noqa: TC001 - typer reads annotations when it runs

access_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Ask for access for a time, approve it, use it, give it back.",
)
Person = Annotated[
    str | None,
    typer.Option("--as", help="Your mail address, as your identity provider sets it (or DP_IDENTITY)."),
]
Holding = Annotated[str, typer.Option("--holding", help="The role that you hold already.")]


@access_app.command("request")
def access_request(
    dataset: Annotated[str, typer.Argument(help="domain.dataset")],
    role: Annotated[str, typer.Option("--role", help="Ask for what this role of the contract sees.")],
    hours: Annotated[float, typer.Option("--hours", help="For how long.")],
    reason: Annotated[str, typer.Option("--reason", help="What for; an auditor will read it.")],
    zone: Annotated[str, typer.Option("--zone", help="Only this zone: raw, staged or curated.")] = "",
    holding: Holding = "analyst",
    person: Person = None,
    environment: EnvironmentName = "local",
    as_json: AsJson = False,
) -> None:
    """Ask to see what another role sees, for some hours."""
    from operations.commands import access as command

    end(
        lambda: command.request(
            dataset,
            role=role,
            hours=hours,
            reason=reason,
            zone=zone,
            holding=holding,
            person=person,
            environment=environment,
            as_json=as_json,
        )
    )


@access_app.command("approve")
def access_approve(
    request: Annotated[str, typer.Argument(help="Id of the request.")],
    person: Person = None,
    environment: EnvironmentName = "local",
    as_json: AsJson = False,
) -> None:
    """Approve a request, as somebody whom the contract names; nobody approves the own."""
    from operations.commands import access as command

    end(
        lambda: command.decide(
            request, decision="approve", person=person, environment=environment, as_json=as_json
        )
    )


@access_app.command("refuse")
def access_refuse(
    request: Annotated[str, typer.Argument(help="Id of the request.")],
    person: Person = None,
    environment: EnvironmentName = "local",
    as_json: AsJson = False,
) -> None:
    """Refuse a request."""
    from operations.commands import access as command

    end(
        lambda: command.decide(
            request, decision="refuse", person=person, environment=environment, as_json=as_json
        )
    )


@access_app.command("list")
def access_list(
    domain: Annotated[str, typer.Argument(help="A domain.")],
    open_only: Annotated[bool, typer.Option("--open", help="Only what has not ended.")] = False,
    environment: EnvironmentName = "local",
    as_json: AsJson = False,
) -> None:
    """Who asked for what and why, who approved, and when it ended."""
    from operations.commands import access as command

    end(lambda: command.show(domain, open_only=open_only, environment=environment, as_json=as_json))


@access_app.command("revoke")
def access_revoke(
    request: Annotated[str, typer.Argument(help="Id of the request.")],
    holding: Holding = "analyst",
    person: Person = None,
    environment: EnvironmentName = "local",
    as_json: AsJson = False,
) -> None:
    """End access before its time."""
    from operations.commands import access as command

    end(
        lambda: command.revoke(
            request, person=person, holding=holding, environment=environment, as_json=as_json
        )
    )


@access_app.command("query")
def access_query(
    sql: Annotated[str, typer.Argument(help="One statement of Athena SQL.")],
    domain: Annotated[str, typer.Option("--domain", "-d", help="Whose workgroup and curated tables.")],
    person: Person = None,
    environment: EnvironmentName = "local",
    as_json: AsJson = False,
) -> None:
    """Ask Athena with what was granted to you for a time."""
    from operations.commands import access as command

    end(lambda: command.query(sql, domain=domain, person=person, environment=environment, as_json=as_json))
