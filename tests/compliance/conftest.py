"""What the gates share: cfn-lint; and modules beside the tests are importable under --import-mode=importlib."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

# W3010 (zones named in the template) is acknowledged on the VPC, with its reason.
# W3005 (a DependsOn that a reference implies) is how the CDK writes what must wait for a policy; it costs nothing.
IGNORED_BY_CFN_LINT = ["W3010", "W3005"]


@pytest.fixture(scope="session")
def cfn_lint():
    """cfn-lint with its rules read once: `cfnlint.api.lint` reads them anew for every template, half of its time."""
    from cfnlint.config import ConfigMixIn, ManualArgs
    from cfnlint.decode import decode_str
    from cfnlint.runner import Runner

    configuration = ManualArgs(regions=["ap-southeast-2"], ignore_checks=IGNORED_BY_CFN_LINT)
    runner = Runner(ConfigMixIn(**configuration))

    def matches(template):
        decoded, unreadable = decode_str(json.dumps(template))
        return [*unreadable, *([] if unreadable else runner.validate_template(decoded))]

    return matches
