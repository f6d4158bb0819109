"""What the suites share: one synth per environment with every gate on, and a stack to build one construct in."""

from __future__ import annotations

import dataclasses
import gc
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import aws_cdk as cdk

    from data_platform.contracts.model import Domain
    from environments.model import Environment

# How long an example takes says something of what runs beside it: no property is judged by that.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT_NAMES = ("dev", "staging", "prod", "local")


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """One environment as it was synthesised: templates by stack name, the gates' report, what was acknowledged."""

    environment: str
    directory: Path
    seconds: float
    failure: str
    templates: dict[str, dict[str, Any]] = field(repr=False)
    report: dict[str, Any] = field(repr=False)
    acknowledgements: frozenset[tuple[str, str]] = field(repr=False)

    @property
    def resources(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Every resource by stack name and logical id."""
        return {
            (stack, logical_id): resource
            for stack, template in self.templates.items()
            for logical_id, resource in template["Resources"].items()
        }

    def of_type(self, *types: str) -> dict[tuple[str, str], dict[str, Any]]:
        """Every resource of these types by stack name and logical id."""
        return {place: resource for place, resource in self.resources.items() if resource["Type"] in types}

    def findings(self, kind: str = "violations") -> list[dict[str, Any]]:
        """The report's findings (`violations` or `suppressedViolations`) of all plugins, with the plugin's name."""
        return [
            {"plugin": plugin["pluginName"], **finding}
            for plugin in self.report["pluginReports"]
            for finding in plugin.get(kind, [])
        ]


def synthesise(app: cdk.App, environment: str) -> Assembly:
    """Synthesise an app and read back what it wrote; a refused app is read too."""
    started, failure = time.perf_counter(), ""
    try:
        app.synth()
    except RuntimeError as error:  # what the gates refuse arrives as jsii's error
        failure = str(error)
    directory = Path(app.outdir)
    report = directory / "validation-report.json"
    return Assembly(
        environment=environment,
        directory=directory,
        seconds=time.perf_counter() - started,
        failure=failure,
        templates=dict(_templates(directory)),
        report=json.loads(report.read_text()) if report.exists() else {"pluginReports": []},
        acknowledgements=frozenset(_acknowledgements(directory)),
    )


def _templates(directory: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for manifest in sorted(directory.rglob("manifest.json")):
        for artifact in json.loads(manifest.read_text()).get("artifacts", {}).values():
            if artifact["type"] == "aws:cloudformation:stack":
                properties = artifact["properties"]
                template = manifest.parent / properties["templateFile"]
                yield properties["stackName"], json.loads(template.read_text())


def _acknowledgements(directory: Path) -> Iterator[tuple[str, str]]:
    for file in directory.rglob("*.metadata.json"):
        for path, entries in json.loads(file.read_text()).items():
            for entry in entries:
                if entry["type"] == "aws:cdk:acknowledged-rules":
                    yield from ((path.lstrip("/"), rule) for rule in entry["data"])


@pytest.fixture(scope="session")
def assembly_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Assembly]:
    """The assembly of an environment, synthesised once for all tests of a run."""
    from app import platform

    made: dict[str, Assembly] = {}

    def assembly(environment: str) -> Assembly:
        if environment not in made:
            outdir = str(tmp_path_factory.mktemp(f"assembly-{environment}"))
            made[environment] = synthesise(platform(outdir=outdir, environment=environment), environment)
        return made[environment]

    return assembly


@pytest.fixture(params=ENVIRONMENT_NAMES, scope="session")
def assembly(request: pytest.FixtureRequest, assembly_of: Callable[[str], Assembly]) -> Assembly:
    """Each environment in turn."""
    return assembly_of(request.param)


@pytest.fixture(scope="session")
def gated(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Environment, Sequence[Domain]], Assembly]:
    """Synthesises an environment and domains of a test's own, with every gate on."""
    import aws_cdk as cdk

    from app import PACKS
    from stacks.guardrails import platform_guardrails
    from stacks.platform import PlatformStage

    context = json.loads((ROOT / "cdk.json").read_text())["context"]

    def synthesised(environment: Environment, domains: Sequence[Domain]) -> Assembly:
        outdir = str(tmp_path_factory.mktemp(f"assembly-{environment.name}"))
        app = cdk.App(context=context, outdir=outdir, analytics_reporting=False)
        PlatformStage(app, environment.name, environment=environment, domains=domains)
        guardrails = platform_guardrails([environment], domains)
        cdk.Validations.of(app).add_plugins(*(pack(app, verbose=True) for pack in PACKS), guardrails)
        return synthesise(app, environment.name)

    return synthesised


@pytest.fixture(scope="session")
def existing_network(gated: Callable[[Environment, Sequence[Domain]], Assembly]) -> Assembly:
    """Production in a network that another team owns, its bastion at an address of its own, with every gate on."""
    from data_platform.contracts.odcs import load_domains
    from environments import PROD
    from environments.model import BastionSettings, ExistingNetwork

    environment = dataclasses.replace(
        PROD,
        name="shared",
        network=ExistingNetwork(
            vpc_id="vpc-0a1b2c3d4e5f60718",
            cidr="10.0.0.0/16",
            availability_zones=("ap-southeast-2a", "ap-southeast-2b", "ap-southeast-2c"),
            subnet_ids=tuple(f"subnet-{n}a1b2c3d4e5f60718" for n in (0, 1, 4)),
            route_table_ids=tuple(f"rtb-{n}a1b2c3d4e5f60718" for n in (0, 1, 4)),
            public_subnet_ids=tuple(f"subnet-{n}a1b2c3d4e5f60718" for n in (2, 3, 5)),
        ),
        bastion=BastionSettings(mode="ssh", allowed_cidrs=("203.0.113.0/24",), stop_at="20:00"),
    )
    return gated(environment, load_domains(ROOT / "domains"))


BROKERS = ("express", "standard", "serverless")


@pytest.fixture(scope="session")
def streaming_of(gated: Callable[[Environment, Sequence[Domain]], Assembly]) -> Callable[[str], Assembly]:
    """The retail domain with streams, on brokers of a kind or "off", with every gate on, once for all tests of a run.

    Each kind stands in another environment: Express in production as it is written, Standard in the two zones of
    staging, Serverless, which production does not take, in dev.
    """
    from data_platform.contracts.odcs import load_domains
    from environments import DEV, PROD, STAGING
    from environments.model import StreamingSettings

    variants = {
        "express": (PROD, "express", PROD.streaming),
        "standard": (STAGING, "std", StreamingSettings(on=True, broker="standard", brokers=4)),
        "serverless": (DEV, "less", StreamingSettings(on=True, broker="serverless")),
        "off": (DEV, "off", DEV.streaming),
    }
    made: dict[str, Assembly] = {}

    def assembly(broker: str) -> Assembly:
        if broker not in made:
            base, name, settings = variants[broker]
            environment = dataclasses.replace(base, name=name, streaming=settings)
            retail = [domain for domain in load_domains(ROOT / "domains") if domain.name == "retail"]
            made[broker] = gated(environment, [streaming_domain(domain) for domain in retail])
        return made[broker]

    return assembly


@pytest.fixture(params=BROKERS, scope="session")
def streaming(request: pytest.FixtureRequest, streaming_of: Callable[[str], Assembly]) -> Assembly:
    """Streaming on, on each kind of broker in turn."""
    return streaming_of(request.param)


def streaming_domain(domain: Domain) -> Domain:
    """The domain as streams: two tables of its database by their changes, one compacted, and one dataset of events.

    A copy of orders, `returns`, stays a dataset of daily runs beside them. What streams in `domains/` is left out.
    """
    from data_platform.contracts.streams import Stream

    day = 86_400_000
    events, compacted = "order_items", "customers"
    datasets = tuple(
        dataclasses.replace(
            dataset,
            physical_type="topic" if dataset.name == events else "table",
            source=dataclasses.replace(
                dataset.source,
                method="delivery" if dataset.name == events else "cdc",
                table=None if dataset.name == events else dataset.source.table,
                read="full",
                watermark=None,
            ),
            stream=Stream(
                topic=f"{domain.name}.{dataset.name}.v1",
                dead_letters=f"{domain.name}.{dataset.name}.v1.dlq",
                partitions=6,
                retention_ms=7 * day,
                dead_letter_retention_ms=14 * day,
                cleanup=("compact",) if dataset.name == compacted else ("delete",),
                key=dataset.primary_key,
                format="protobuf" if dataset.name == events else "avro",
                compatibility="BACKWARD_ALL",
            ),
        )
        for dataset in domain.datasets
        if dataset.stream is None
    )
    returns = dataclasses.replace(
        next(each for each in domain.datasets if each.name == "orders"), name="returns"
    )
    return dataclasses.replace(domain, datasets=(*datasets, returns))


def unvalidated_stack() -> cdk.Stack:
    """A stack in an app of its own with the project's flags, without the built-in validation (8 s of a processor)."""
    import aws_cdk as cdk

    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = cdk.App(context=context, analytics_reporting=False, builtin_cloud_formation_validation=False)
    return cdk.Stack(app, "Stack", env=cdk.Environment(account="111111111111", region="ap-southeast-2"))


@pytest.fixture
def stack() -> cdk.Stack:
    """An unvalidated stack."""
    return unvalidated_stack()


def pytest_collection_finish() -> None:
    """The garbage collector looks seldom, and never again at what collection imported (a tenth of the suite's time).

    What it looks through are hundreds of megabytes that stay: aws_cdk, templates, cfn-lint's schemas.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 50)


def pytest_unconfigure() -> None:
    """Collect what was never looked at, so that extension modules find nothing of theirs left at the end."""
    gc.unfreeze()
    gc.collect()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record-stateful",
        action="store_true",
        help="add new stateful resources to tests/compliance/stateful.json (it never removes or changes one)",
    )
    parser.addoption(
        "--record-pages",
        action="store_true",
        help="write docs/iam-matrix/ and the catalogue in docs/guardrails.md anew; read the difference, then commit it",
    )


# Tests must not tell anybody that they ran.
os.environ["CDK_DISABLE_CLI_TELEMETRY"] = "true"
