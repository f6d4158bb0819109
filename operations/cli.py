"""`dp`: what an operator asks the platform. A command imports what it needs when it runs, never the CDK."""

from __future__ import annotations

from typing import Annotated

import typer

from operations.access_cli import access_app
from operations.ending import end as _end
from operations.keeping_cli import restore_app, retention
from operations.options import AsJson, EnvironmentName  # noqa: TC001 - typer reads annotations when it runs
from operations.privacy_cli import erase, tokens_app
from operations.streams_cli import replay, streams

app = typer.Typer(
    name="dp",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="""Ask the data platform.

    \b
    Examples:
      dp doctor
      dp contract lint
      dp run aviation.flights --date 2013-02-01
      dp query "SELECT * FROM airlines LIMIT 5" --domain aviation --role analyst
      dp status aviation
      dp tunnel shop --exec "psql -c 'SELECT 1'"

    Exit codes: 0 ok, 1 the answer is no (a run failed, a finding), 2 wrong call, 3 nothing answers.
    """,
)
contract_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Check, show and compare contracts."
)
app.add_typer(contract_app, name="contract")
app.add_typer(access_app, name="access")
app.add_typer(restore_app, name="restore")
app.command()(retention)
app.add_typer(tokens_app, name="tokens")
app.command()(erase)
app.command()(streams)
app.command()(replay)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Is this machine ready? What is missing, and how to mend it."""
    from operations.commands import doctor as command

    _end(lambda: command.run(as_json=as_json))


@app.command()
def environments(
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="A page for the documentation.")] = False,
) -> None:
    """How dev, staging, prod and local differ."""
    from operations.commands import environments as command

    _end(lambda: command.run(as_json=as_json, markdown=markdown))


@contract_app.command("lint")
def contract_lint(
    paths: Annotated[
        list[str] | None, typer.Argument(help="Contract files or domain folders; all when left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check contracts strictly: file, line, what is allowed and how to mend it."""
    from operations.commands import contract as command

    _end(lambda: command.lint(paths or [], as_json=as_json))


@contract_app.command("preview")
def contract_preview(
    dataset: Annotated[str, typer.Argument(help="domain.dataset")],
    environment: EnvironmentName = "dev",
    as_json: AsJson = False,
) -> None:
    """The resources, SQL checks and grants that a contract yields."""
    from operations.commands import contract as command

    _end(lambda: command.preview(dataset, environment=environment, as_json=as_json))


@contract_app.command("diff")
def contract_diff(
    old: Annotated[str, typer.Argument(help="A contract file, or a git revision such as main.")],
    new: Annotated[
        str | None,
        typer.Argument(help="A contract file; every contract that changed since OLD when left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What changed, for whom it breaks, whether a stream's schemas fit; fails on what asks for a major version."""
    from operations.commands import contract as command

    _end(lambda: command.diff(old, new, as_json=as_json))


@app.command()
def run(
    scope: Annotated[str, typer.Argument(help="domain.dataset, or domain for all its datasets in order")],
    date: Annotated[str | None, typer.Option("--date", help="The ingest_date, YYYY-MM-DD.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="First day of several.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day of several.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Load again even when nothing changed.")] = False,
    reread: Annotated[
        bool, typer.Option("--reread", help="Read the database again, though the day was read before.")
    ] = False,
    environment: EnvironmentName = "local",
    as_json: AsJson = False,
) -> None:
    """Run a dataset for a day and follow it until it ends."""
    from operations.commands import run as command

    _end(
        lambda: command.run(
            scope,
            command.days(date=date, first=first, last=last),
            force=force,
            reread=reread,
            environment=environment,
            as_json=as_json,
        )
    )


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One statement of Athena SQL.")],
    domain: Annotated[str, typer.Option("--domain", "-d", help="Whose workgroup and curated tables.")],
    role: Annotated[
        str | None, typer.Option("--role", help="Ask as this consumer role: analyst, engineer or steward.")
    ] = None,
    environment: EnvironmentName = "local",
    as_json: AsJson = False,
) -> None:
    """Ask Athena; tables without a database are the domain's curated ones."""
    from operations.commands import query as command

    _end(lambda: command.run(sql, domain=domain, role=role, environment=environment, as_json=as_json))


@app.command()
def status(
    domain: Annotated[str | None, typer.Argument(help="A domain; all when left out.")] = None,
    environment: EnvironmentName = "local",
    as_json: AsJson = False,
) -> None:
    """The runs of each dataset, whether rows add up, and alarms that ring."""
    from operations.commands import status as command

    _end(lambda: command.run(domain, environment=environment, as_json=as_json))


@app.command()
def tunnel(
    database: Annotated[str, typer.Argument(help="Name of a database of the environment, such as shop.")],
    port: Annotated[
        int | None,
        typer.Option("--port", "-p", min=1, max=65535, help="Local port; a free one when left out."),
    ] = None,
    execute: Annotated[
        str | None,
        typer.Option(
            "--exec", help="Run this through the tunnel and end: \"psql -c 'SELECT 1'\" (no shell)."
        ),
    ] = None,
    environment: EnvironmentName = "local",
    as_json: AsJson = False,
) -> None:
    """Open a tunnel to a database and hold it until Ctrl-C.

    Ends 0 when it was closed as asked, 1 when it is refused or closed from the other side, 2 for a wrong call, 3 when
    AWS, the bastion or the database does not answer; with --exec the code of its command.
    """
    from operations.commands import tunnel as command

    _end(lambda: command.run(database, port=port, execute=execute, environment=environment, as_json=as_json))


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
