from __future__ import annotations

import subprocess
import sys

from environments import DEV, ENVIRONMENTS, PROD, differences, settings_of


def test_settings_are_named_by_their_slice():
    assert settings_of(DEV)["storage.object_lock_mode"] is None


def test_the_kind_of_a_slice_is_a_setting():
    assert settings_of(DEV)["network.kind"] == "NewNetwork"


def test_what_is_the_same_everywhere_is_no_difference():
    assert "region" not in differences(ENVIRONMENTS)


def test_a_difference_shows_each_value():
    assert differences((DEV, PROD))["removal"] == {"dev": "destroy", "prod": "retain"}


def test_environments_import_without_the_cdk():
    program = "import sys, environments; sys.exit('aws_cdk' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
