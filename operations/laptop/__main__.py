"""`make local`: the platform on this laptop, from nothing to an analyst's answer, each phase timed.

With STREAMING=1 the shop's changes stream as well (`operations/laptop/streaming.py`); where they do they go on so.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING

from operations.connection import STATE, connect, environment_named
from operations.exit_codes import CommandFailed, ExitCode
from operations.laptop import cdk, embedded, flow, image, reach, report, sight, streaming
from operations.laptop.phases import Phases
from operations.laptop.questions import QUESTIONS
from operations.laptop.shop_database import trading
from operations.laptop.sources import demo_days
from operations.page import Page
from operations.scope import CONTRACTS, domains, naming

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from data_platform.contracts.model import Domain
    from operations.connection import Connection
    from operations.laptop.phases import Phase

COUNTING_ROLE = "engineer"  # reads every zone
SWITCH = "STREAMING"


def up(*, as_json: bool) -> ExitCode:
    """Start, deploy, deliver, run, ask; a second call finds everything done."""
    page = Page(as_json=as_json)
    phases = Phases(page.messages)
    environment = environment_named("local")
    every = domains()
    names = {domain.name: naming(domain.name, environment) for domain in every}
    with phases.phase("start the embedded AWS") as phase:
        phase.result = embedded.start(STATE)
        image.build(prefix=environment.prefix, contracts=CONTRACTS, state=STATE)
        variables = embedded.variables(STATE)
    connection = connect("local")
    streams = os.environ.get(SWITCH, "") not in ("", "0") or streaming.deployed(connection, [*names.values()])
    with phases.phase("deploy with the CDK CLI") as phase:
        stacks = _deploy(connection, variables, phase, streams=streams)
        changed = [stack.name for stack in stacks if stack.changed]
        phase.result = f"{len(stacks)} stacks, {f'{len(changed)} changed' if changed else 'nothing changed'}"
    with phases.phase("deliver files through the landing job") as phase:
        delivered = _each(every, lambda domain: _deliver(domain, phase))
        phase.result = f"{sum(delivered)} deliveries" if any(delivered) else "nothing new"
    with phases.phase("run the domains for each day") as phase:
        ended = _each(every, lambda domain: _run(domain, phase))
        phase.result = f"{sum(ended)} runs of {len(every)} domains"
    streamed = []
    if streams:
        with phases.phase("stream the shop's changes into the lake") as phase:
            streamed = _stream(connection, every, phase)
            phase.result = f"{sum(one.changes for one in streamed):,} changes"
    report.recorded(page, embedded.recorded(STATE))
    counted = {
        domain.name: flow.counts(connection, names[domain.name], domain, role=COUNTING_ROLE)
        for domain in every
    }
    report.rows(page, counted)
    report.streams(page, [*map(streaming.streams, every)], streamed)
    for domain in every:
        if domain.name in QUESTIONS:
            report.answer(page, connection, names[domain.name], QUESTIONS[domain.name])
    reached = [
        reach.look(connection, database.name, on_progress=page.messages.print)
        for database in environment.databases
    ]
    for seen_database in reached:
        report.reach(page, seen_database)
    report.seconds(page, phases.seconds)
    sights = {
        f"{domain.name}.{dataset.name}": sight.look(connection, names[domain.name], dataset)
        for domain in every
        for dataset in sight.seen_differently(domain)
    }
    for dataset_name, seen in sights.items():
        report.sights(page, dataset_name, seen)
    page.json(
        {
            "rows": {name: [asdict(row) for row in rows] for name, rows in counted.items()},
            "sights": {name: [asdict(one) for one in seen] for name, seen in sights.items()},
            "databases": [asdict(one) for one in reached],
            "streams": [one.as_dict() for one in streamed],
            "changed": changed,
            "seconds": phases.seconds,
        }
    )
    page.next(
        'dp query "SELECT * FROM customers" --domain retail --role steward',
        "dp run aviation.flights --date 2013-02-01",
        *(f"dp tunnel {database.name}" for database in environment.databases),
        *(f"dp status {domain.name}" for domain in every),
        *(
            streaming.next_commands(streamed, streaming.shell(connection))
            if streams
            else ["make local STREAMING=1"]
        ),
        "make local-down",
    )
    whole = all(row.adds_up for rows in counted.values() for row in rows)
    refused = all(one.file_refused for seen in sights.values() for one in seen)
    closed = all(one.closed for one in reached)
    same = all(one.same for one in streamed)
    return ExitCode.OK if whole and refused and closed and same else ExitCode.FINDINGS


def _deploy(
    connection: Connection, variables: Mapping[str, str], phase: Phase, *, streams: bool
) -> list[cdk.DeployedStack]:
    """Deploy every stack; with streams, the connector's plug-in is there before."""
    environment = connection.environment
    regions = (environment.region, environment.recovery.copy_region)
    if not embedded.bootstrapped(connection, regions):
        phase.say("bootstrap")
        cdk.bootstrap(account=environment.account, regions=regions, environment=variables)
    if streams:
        phase.say("the connector's plug-in")
        streaming.upload_plugin(connection, variables)
    return cdk.deploy(
        stage=environment.name,
        environment=variables,
        on_line=phase.say,
        output=STATE.parent / "cdk.out",
        context={"streaming": "on"} if streams else {},
    )


def _each(every: Sequence[Domain], work: Callable[[Domain], int]) -> list[int]:
    """The work of every domain at the same time: domains know nothing of each other."""
    with ThreadPoolExecutor(max_workers=len(every)) as pool:
        return list(pool.map(work, every))


def _deliver(domain: Domain, phase: Phase) -> int:
    connection = connect("local")  # a session is one thread's
    names = naming(domain.name, connection.environment)
    landed = flow.deliver(connection, names, domain, on_file=lambda file: phase.say(f"{domain.name}.{file}"))
    return len(landed)


def _run(domain: Domain, phase: Phase) -> int:
    connection = connect("local")
    names = naming(domain.name, connection.environment)
    with trading(connection, domain, on_progress=lambda text: phase.say(f"{domain.name} {text}")) as write:
        ended = flow.run(
            connection,
            names,
            demo_days(domain),
            on_state=lambda state: phase.say(f"{domain.name} {state}"),
            before=write,
        )
    return len(ended)


def _stream(connection: Connection, every: Sequence[Domain], phase: Phase) -> list[streaming.Streamed]:
    """Start what captures each database, then change the shop's stock and see it arrive."""
    streamed = []
    for database in connection.environment.databases:
        domain = next(each for each in every if each.name == database.domain)
        names = naming(domain.name, connection.environment)
        if captured := streaming.captured(domain, database.name):
            streaming.start(connection, names, domain, database.name, on_progress=phase.say)
        streamed += [
            streaming.change(connection, names, dataset, on_progress=phase.say)
            for dataset in captured
            if dataset.name == streaming.STOCK
        ]
    return streamed


def main() -> ExitCode:
    """Run it; a failure is a message, not a traceback."""
    try:
        return up(as_json="--json" in sys.argv[1:])
    except (CommandFailed, cdk.CdkFailed) as failure:
        sys.stderr.write(f"{failure}\n")
        return failure.code if isinstance(failure, CommandFailed) else ExitCode.FINDINGS
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. The embedded AWS goes on: `make local-down` stops it.\n")
        return ExitCode.FINDINGS


if __name__ == "__main__":
    sys.exit(main())
