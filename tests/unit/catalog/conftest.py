"""A stack to build one construct in, and the aviation contracts."""

from __future__ import annotations

import sys
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms

from data_platform.contracts.naming import Naming
from data_platform.contracts.odcs import load_domain

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "tests" / "unit" / "contracts"))  # people.py


@pytest.fixture
def stack() -> cdk.Stack:
    app = cdk.App(builtin_cloud_formation_validation=False)
    return cdk.Stack(app, "Test", env=cdk.Environment(account="111111111111", region="ap-southeast-2"))


@pytest.fixture
def key(stack):
    return kms.Key(stack, "TestKey")


@pytest.fixture(scope="session")
def naming():
    return Naming(organisation="dp", environment="dev", domain="aviation", account="111111111111")


@pytest.fixture(scope="session")
def aviation():
    return load_domain(ROOT / "domains" / "aviation")


@pytest.fixture(scope="session")
def flights(aviation):
    return next(dataset for dataset in aviation.datasets if dataset.name == "flights")
