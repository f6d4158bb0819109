"""`dp contract diff` compares with what git knows: a revision, every earlier version, all contracts at once."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from operations.cli import app
from operations.commands import contract as command
from operations.contract_history import changed_since, up_to
from operations.exit_codes import CommandFailed

ROOT = Path(__file__).resolve().parents[3]
AIRLINES = ROOT / "domains" / "aviation" / "airlines.odcs.yaml"


class Repository:
    """A git repository with the contract of airlines, whose rows arrive over a stream of changes."""

    def __init__(self, folder):
        self.folder = folder
        self.path = folder / "domains" / "aviation" / AIRLINES.name
        self.path.parent.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.write("1.0.0")

    def git(self, *words):
        who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        return subprocess.run(
            ["git", *who, *words], cwd=self.folder, check=True, capture_output=True, text=True
        ).stdout

    def write(self, version, *columns, compatibility="BACKWARD_ALL", status="active"):
        """The contract with optional columns `name type`, committed."""
        value = yaml.safe_load(AIRLINES.read_text())
        value |= {"version": version, "status": status}
        for item in value["customProperties"]:
            if item["property"] == "source":
                item["value"] |= {"method": "cdc", "table": "public.airlines"}
            if item["property"] == "loadMode":
                item["value"] = "partition"
        said = {"partitions": 3, "retention": "P7D", "compatibility": compatibility}
        value["customProperties"].append({"property": "stream", "value": said})
        value["schema"][0].pop("quality", None)  # the rows of a day, which no stream has
        for text in columns:
            name, physical = text.split()
            logical = {"int": "integer", "bigint": "integer"}.get(physical, physical)
            value["schema"][0]["properties"].append(
                {
                    "name": name,
                    "logicalType": logical,
                    "physicalType": physical,
                    "description": f"The {name}.",
                }
            )
        self.path.write_text(json.dumps(value, indent=1))
        self.commit()

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "x")


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path)


@pytest.fixture
def dp(repository, monkeypatch):
    monkeypatch.setattr(command, "CONTRACTS", repository.folder / "domains")
    return lambda *words: CliRunner().invoke(app, ["contract", "diff", *words])


def test_a_wider_column_is_a_minor_change_that_new_readers_survive(repository, dp):
    repository.write("1.1.0", "seats int")
    repository.write("1.2.0", "seats bigint")
    assert dp("HEAD~1", str(repository.path)).exit_code == 0


def test_what_the_registry_would_refuse_ends_1_though_the_version_is_enough(repository, dp):
    repository.write("1.1.0", "seats int", compatibility="FULL")
    repository.write("1.2.0", "seats bigint", compatibility="FULL")
    ended = dp("HEAD~1", str(repository.path), "--json")
    found = json.loads(ended.stdout)
    assert ended.exit_code == 1
    assert found["finding"] == ""
    (reason,) = found["incompatible"]
    assert reason.startswith("version 1.1.0 cannot read the value of 1.2.0: ")


def test_the_answer_says_how_to_mend_it(repository, dp):
    repository.write("1.1.0", "seats int", compatibility="FULL")
    repository.write("1.2.0", "seats bigint", compatibility="FULL")
    said = " ".join(dp("HEAD~1", str(repository.path)).stderr.split())
    assert "the registry would refuse the schema of aviation.airlines.v1 under FULL" in said
    assert "raise the major version: a new topic begins" in said


def test_an_all_mode_looks_at_every_version_that_git_knows(repository, dp):
    repository.write("1.1.0", "code bigint")
    repository.write("1.2.0")
    repository.write("1.3.0", "code int")
    ended = dp("HEAD~1", str(repository.path), "--json")
    (reason,) = json.loads(ended.stdout)["incompatible"]
    assert "version 1.3.0 cannot read the value of 1.1.0" in reason
    repository.write("1.3.0", "code int", compatibility="BACKWARD")
    assert json.loads(dp("HEAD~2", str(repository.path), "--json").stdout)["incompatible"] == []


def test_a_new_major_version_may_change_everything(repository, dp):
    repository.write("1.1.0", "seats int", compatibility="FULL_ALL")
    repository.write("2.0.0", "seats string", compatibility="FULL_ALL")
    assert dp("HEAD~1", str(repository.path)).exit_code == 0


def test_a_text_that_is_no_contract_any_more_is_named_and_passed_over(repository, dp):
    good = repository.path.read_text()
    repository.path.write_text("apiVersion: v2.0.0\n")
    repository.commit()
    broken = repository.git("rev-parse", "HEAD").strip()[:12]
    repository.path.write_text(good)
    repository.commit()
    history = up_to("HEAD", repository.path)
    assert [one.version for one in history.versions] == ["1.0.0"]
    assert history.unreadable == (broken,)
    assert broken in " ".join(dp("HEAD", str(repository.path)).stderr.split())


def test_a_clone_without_the_history_cannot_judge(repository, dp, tmp_path):
    repository.write("1.1.0", "seats int")
    shallow = tmp_path / "shallow"
    repository.git("clone", "-q", "--depth", "1", f"file://{repository.folder}", str(shallow))
    ended = dp("HEAD", str(shallow / "domains" / "aviation" / AIRLINES.name))
    assert ended.exit_code != 0
    assert "git fetch --unshallow" in ended.stderr


def test_without_a_contract_every_one_that_changed_is_compared(repository, dp):
    repository.write("1.1.0", "seats int", compatibility="FULL")
    other = repository.path.with_name("airports.odcs.yaml")
    shutil.copyfile(AIRLINES.with_name("airports.odcs.yaml"), other)
    repository.commit()
    repository.write("1.2.0", "seats bigint", compatibility="FULL")
    ended = dp("HEAD~1", "--json")
    (found,) = json.loads(ended.stdout)["contracts"]
    assert (found["contract"], len(found["incompatible"]), ended.exit_code) == ("aviation.airlines", 1, 1)
    assert "1 contracts changed, 0 are gone" in dp("HEAD~1").stdout


def test_nothing_changed_is_nothing_wrong(dp):
    ended = dp("HEAD")
    assert ended.exit_code == 0
    assert "0 contracts changed, 0 are gone since HEAD" in ended.stdout


def test_only_a_retired_contract_may_go(repository, dp):
    repository.path.unlink()
    ended = dp("HEAD")
    assert ended.exit_code == 1
    assert "is gone, and its status was active" in " ".join(ended.stderr.split())
    repository.write("2.0.0", status="retired")
    repository.path.unlink()
    assert dp("HEAD").exit_code == 0


def test_a_revision_that_is_none_is_refused(repository):
    with pytest.raises(CommandFailed, match=r"git diff: .*nonsense"):
        changed_since("nonsense", repository.folder)


def test_ci_compares_every_change_with_its_base_and_the_whole_history():
    job = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]["contracts"]
    assert job["steps"][0]["with"]["fetch-depth"] == 0
    assert "dp contract diff" in job["steps"][-1]["run"]
