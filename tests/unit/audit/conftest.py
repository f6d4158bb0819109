"""The audit stack of each kind of environment, synthesised without gates."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from data_platform.audit import AuditNames
from data_platform.contracts.naming import Naming
from environments import DEV, PROD
from stacks.audit import AuditStack

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENTS = {"dev": DEV, "prod": PROD}


@pytest.fixture(scope="session")
def audit():
    """A function to the template of an audit stack; settings of the audit may be replaced."""
    made = {}

    def template(name="dev", **settings):
        key = (name, *sorted(settings.items()))
        if key not in made:
            made[key] = _template(name, settings)
        return made[key]

    return template


def _template(name, settings):
    environment = ENVIRONMENTS[name]
    environment = dataclasses.replace(environment, audit=dataclasses.replace(environment.audit, **settings))
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = cdk.App(context=context, analytics_reporting=False, builtin_cloud_formation_validation=False)
    place = cdk.Environment(account=environment.account, region=environment.region)
    ground = cdk.Stack(app, "Ground", env=place)
    policy = iam.ManagedPolicy.from_managed_policy_name
    stack = AuditStack(
        app,
        "Audit",
        environment=environment,
        domains=[
            Naming(organisation="dp", environment=name, domain=domain, account=environment.account)
            for domain in ("aviation", "retail")
        ],
        workgroups=["dp-dev-aviation-analyst", "dp-dev-aviation-run"],
        topics={severity: sns.Topic(ground, severity) for severity in ("page", "ticket")},
        dead_letters=sqs.Queue(ground, "DeadLetters"),
        data_access=policy(ground, "DataAccess", "data-access"),
        machine_access=policy(ground, "Machine", "machine"),
        platform_key=kms.Key(ground, "Key"),
    )
    return Template.from_stack(stack)


@pytest.fixture
def names():
    return AuditNames(prefix="dp-dev", account=DEV.account, region=DEV.region)
