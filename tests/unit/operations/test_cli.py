"""`dp` answers with tables, JSON and exit codes, and imports no CDK."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from operations import connection, doctor
from operations.cli import app

ROOT = Path(__file__).resolve().parents[3]
AIRLINES = ROOT / "domains" / "aviation" / "airlines.odcs.yaml"


@pytest.fixture
def dp():
    return lambda *words: CliRunner().invoke(app, list(words))


@pytest.fixture
def broken(tmp_path):
    folder = tmp_path / "aviation"
    folder.mkdir()
    text = AIRLINES.read_text().replace("classification:", "clasification:", 1)
    (folder / AIRLINES.name).write_text(text)
    return folder / AIRLINES.name


def test_no_command_imports_the_cdk(tmp_path):
    code = (
        "import sys\nfrom operations.cli import app\nfrom typer.testing import CliRunner\n"
        "for words in (['--help'], ['contract', 'lint'], ['environments'], ['doctor']):\n"
        "    CliRunner().invoke(app, words)\nsys.exit('aws_cdk' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_lint_of_all_contracts_ends_0(dp):
    ended = dp("contract", "lint", "--json")

    assert ended.exit_code == 0
    assert "aviation.flights" in json.loads(ended.stdout)["contracts"]


def test_a_typo_in_a_contract_ends_1_with_file_line_and_what_was_meant(dp, broken):
    ended = dp("contract", "lint", str(broken))

    assert ended.exit_code == 1
    assert "airlines.odcs.yaml:" in ended.stdout
    assert "classification" in ended.stdout


def test_preview_shows_tables_checks_and_grants(dp):
    ended = dp("contract", "preview", "aviation.flights", "--json")

    assert ended.exit_code == 0
    assert "flights_quarantine" in ended.stdout
    assert "analyst" in ended.stdout


def test_a_domain_that_does_not_exist_ends_2_with_the_one_that_was_meant(dp):
    ended = dp("contract", "preview", "aviaton.flights")

    assert ended.exit_code == 2
    assert "Did you mean aviation?" in ended.stderr


def test_diff_of_a_contract_with_itself_finds_nothing(dp):
    ended = dp("contract", "diff", str(AIRLINES), str(AIRLINES), "--json")

    assert ended.exit_code == 0
    assert json.loads(ended.stdout)["changes"] == []


def test_a_breaking_change_without_a_major_version_ends_1(dp, tmp_path):
    folder = tmp_path / "aviation"
    folder.mkdir()
    changed = folder / AIRLINES.name
    text = AIRLINES.read_text()
    assert "name: name" in text
    changed.write_text(
        text.replace("name: name", "name: full_name", 1).replace(
            "physicalName: name", "physicalName: full_name"
        )
    )

    ended = dp("contract", "diff", str(AIRLINES), str(changed))

    assert ended.exit_code == 1
    assert "major" in ended.stderr


def test_environments_differ_on_one_page(dp):
    ended = dp("environments", "--markdown")

    assert ended.exit_code == 0
    assert "| setting | dev | staging | prod | local |" in ended.stdout
    assert "storage.object_lock_mode" in ended.stdout


def test_a_run_needs_a_date(dp):
    assert dp("run", "aviation.flights").exit_code == 2


def test_a_date_that_is_none_is_refused_before_anything_is_asked(dp):
    ended = dp("run", "aviation.flights", "--date", "2013-02-30")

    assert ended.exit_code == 2
    assert "2013-02-30" in ended.stderr


def test_without_an_embedded_aws_a_run_ends_3_and_says_how_to_start_it(dp, tmp_path, monkeypatch):
    monkeypatch.setattr(connection.connect, "__kwdefaults__", {"state": tmp_path})

    ended = dp("run", "aviation.flights", "--date", "2013-02-01")

    assert ended.exit_code == 3
    assert "make local" in ended.stderr


def test_doctor_tells_what_a_tunnel_needs_and_fails_for_none_of_it(dp, monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda _: None)
    found = {finding.what: finding for finding in doctor.examine()}

    for program in ("ssh", "aws", "session-manager-plugin"):
        assert (found[program].found, found[program].optional) == ("missing", True)
        assert found[program].mend.startswith("needed only for `dp tunnel`: install")


def test_doctor_finds_node_and_the_pinned_cdk_cli(dp):
    ended = dp("doctor", "--json")

    found = {finding["what"]: finding for finding in json.loads(ended.stdout)}
    assert found["CDK CLI"]["found"] == "2.1148.1"
    assert found["Node"]["ok"]
