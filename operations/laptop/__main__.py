"""`make local`: the platform on this laptop, from nothing to an analyst's answer, each phase timed."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from operations.connection import STATE, connect, environment_named
from operations.exit_codes import CommandFailed, ExitCode
from operations.laptop import cdk, embedded, flow, image, report
from operations.page import Page
from operations.scope import CONTRACTS, domains, naming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

DOMAIN = "aviation"
DAYS = ("2013-01-01", "2013-01-02", "2013-01-03")
QUESTION = """\
SELECT carrier, airline, sum(flights) AS flights, sum(cancelled) AS cancelled,
       round(sum(mean_dep_delay * (flights - cancelled)) / sum(flights - cancelled), 1) AS mean_departure_delay
FROM agg_delays_by_carrier_origin_day
GROUP BY carrier, airline ORDER BY mean_departure_delay DESC LIMIT 5"""


class Phases:
    """The phases of the flow: what runs is shown while it runs, and each one's seconds are kept."""

    def __init__(self, messages: Console) -> None:
        self._messages = messages
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[Phase]:
        """Show a phase while it runs."""
        started = time.monotonic()
        with self._messages.status(name) as status:
            phase = Phase(name, status.update)
            yield phase
        self.seconds[name] = round(time.monotonic() - started, 1)
        result = f": {phase.result}" if phase.result else ""
        self._messages.print(f"✓ {name}{result} ({self.seconds[name]} s)", markup=False)


class Phase:
    """One running phase: `say` shows where it is, `result` is what stays on the screen."""

    def __init__(self, name: str, update: object) -> None:
        self._name = name
        self._update = update
        self.result = ""

    def say(self, text: str) -> None:
        """Show where the phase is."""
        from rich.markup import escape

        self._update(f"{self._name}: {escape(text[:100])}")  # type: ignore[operator] # rich's Status.update


def up(*, as_json: bool) -> ExitCode:
    """Start, deploy, deliver, run, ask; a second call finds everything done."""
    page = Page(as_json=as_json)
    phases = Phases(page.messages)
    environment = environment_named("local")
    names = naming(DOMAIN, environment)
    domain = next(each for each in domains() if each.name == DOMAIN)
    with phases.phase("start the embedded AWS") as phase:
        phase.result = embedded.start(STATE)
        image.build(repository=f"{names.platform_prefix}/dbt", contracts=CONTRACTS, state=STATE)
        variables = embedded.variables(STATE)
    connection = connect("local")
    with phases.phase("deploy with the CDK CLI") as phase:
        if not embedded.bootstrapped(connection):
            phase.say("bootstrap")
            cdk.bootstrap(account=environment.account, region=environment.region, environment=variables)
        stacks = cdk.deploy(
            stage="local", environment=variables, on_line=phase.say, output=Path(".local") / "cdk.out"
        )
        changed = [stack.name for stack in stacks if stack.changed]
        phase.result = f"{len(stacks)} stacks, {f'{len(changed)} changed' if changed else 'nothing changed'}"
    with phases.phase("deliver raw files") as phase:
        delivered = flow.deliver(connection, names, domain, DAYS, on_file=phase.say)
        phase.result = f"{len(delivered)} files" if delivered else "nothing new"
    with phases.phase("run the domain for each day") as phase:
        ended = flow.run(connection, names, DAYS, on_state=phase.say)
        phase.result = f"{len(ended)} runs"
    report.recorded(page, embedded.recorded(STATE))
    rows = flow.counts(connection, names, domain, role="engineer")
    report.rows(page, rows)
    report.answer(page, connection, names, QUESTION)
    report.seconds(page, phases.seconds)
    page.json({"rows": [asdict(row) for row in rows], "changed": changed, "seconds": phases.seconds})
    page.next(
        f'dp query "SELECT * FROM airlines" --domain {DOMAIN} --role analyst',
        f"dp run {DOMAIN}.flights --date 2013-02-01",
        f"dp status {DOMAIN}",
        "make local-down",
    )
    return ExitCode.OK if all(row.adds_up for row in rows) else ExitCode.FINDINGS


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
