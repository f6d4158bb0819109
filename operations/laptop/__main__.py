"""`make local`: the platform on this laptop, from nothing to an analyst's answer, each phase timed."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING

from operations.connection import STATE, connect, environment_named
from operations.exit_codes import CommandFailed, ExitCode
from operations.laptop import cdk, embedded, flow, image, reach, report, sight
from operations.laptop.phases import Phases
from operations.laptop.questions import QUESTIONS
from operations.laptop.shop_database import trading
from operations.laptop.sources import demo_days
from operations.page import Page
from operations.scope import CONTRACTS, domains, naming

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from data_platform.contracts.model import Domain
    from operations.laptop.phases import Phase

COUNTING_ROLE = "engineer"  # reads every zone


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
    with phases.phase("deploy with the CDK CLI") as phase:
        regions = (environment.region, environment.recovery.copy_region)
        if not embedded.bootstrapped(connection, regions):
            phase.say("bootstrap")
            cdk.bootstrap(account=environment.account, regions=regions, environment=variables)
        stacks = cdk.deploy(
            stage="local", environment=variables, on_line=phase.say, output=STATE.parent / "cdk.out"
        )
        changed = [stack.name for stack in stacks if stack.changed]
        phase.result = f"{len(stacks)} stacks, {f'{len(changed)} changed' if changed else 'nothing changed'}"
    with phases.phase("deliver files through the landing job") as phase:
        delivered = _each(every, lambda domain: _deliver(domain, phase))
        phase.result = f"{sum(delivered)} deliveries" if any(delivered) else "nothing new"
    with phases.phase("run the domains for each day") as phase:
        ended = _each(every, lambda domain: _run(domain, phase))
        phase.result = f"{sum(ended)} runs of {len(every)} domains"
    report.recorded(page, embedded.recorded(STATE))
    counted = {
        domain.name: flow.counts(connection, names[domain.name], domain, role=COUNTING_ROLE)
        for domain in every
    }
    report.rows(page, counted)
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
            "changed": changed,
            "seconds": phases.seconds,
        }
    )
    page.next(
        'dp query "SELECT * FROM customers" --domain retail --role steward',
        "dp run aviation.flights --date 2013-02-01",
        *(f"dp tunnel {database.name}" for database in environment.databases),
        *(f"dp status {domain.name}" for domain in every),
        "make local-down",
    )
    whole = all(row.adds_up for rows in counted.values() for row in rows)
    refused = all(one.file_refused for seen in sights.values() for one in seen)
    closed = all(one.closed for one in reached)
    return ExitCode.OK if whole and refused and closed else ExitCode.FINDINGS


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
