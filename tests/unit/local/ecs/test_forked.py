"""A container that is forked from a process which has loaded its program runs as one that was started alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psutil
import pytest

from local.services.ecs import forked
from local.services.ecs.launch import Launch
from tests.waiting import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks are for Linux alone")
PRELOAD = """
import json, os, sys, types
with open(os.path.join(os.path.dirname(__file__), "loads"), "a") as loads:
    loads.write("once\\n")
sys.modules["loaded_before"] = types.ModuleType("loaded_before")
"""
TELL = """
import json, os, sys
print(json.dumps({
    "loaded": "loaded_before" in sys.modules,
    "arguments": sys.argv[1:],
    "folder": os.getcwd(),
    "variables": dict(os.environ),
    "leader": os.getsid(0) == os.getpid(),
    "input": sys.stdin.read(),
}))
sys.exit(3)
"""
WAIT = "import time\nprint('here', flush=True)\ntime.sleep(600)\n"


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Starts a program as a fork; what was forked ends with the test."""
    monkeypatch.setattr(forked, "_servers", {})
    (tmp_path / "preload.py").write_text(PRELOAD)
    (tmp_path / "home").mkdir()

    def started(program, *arguments, **changes):
        file = tmp_path / f"program-{len(list(tmp_path.iterdir()))}.py"
        file.write_text(program)
        given = {
            "command": [sys.executable, str(file), *arguments],
            "environment": {"GIVEN": "1"},
            "workdir": None,
            "stop_timeout": 1.0,
            "preload": str(tmp_path / "preload.py"),
            **changes,
        }
        return forked.start(Launch(**given), tmp_path / "home")

    yield started
    for control in forked._servers.values():
        if control is not None:
            control.close()


def told(fork):
    import json

    text = fork.stdout.read()
    fork.wait(30)
    return json.loads(text)


def test_what_the_image_names_is_loaded_once_for_all_of_its_containers(start, tmp_path):
    assert [told(start(TELL))["loaded"] for _ in range(3)] == [True, True, True]
    assert (tmp_path / "loads").read_text() == "once\n"


def test_it_has_its_own_arguments_variables_folder_and_session_and_no_input(start, tmp_path):
    home = str(tmp_path / "home")
    found = told(start(TELL, "build", "--day", "1"))

    assert found["arguments"] == ["build", "--day", "1"]
    assert found["variables"] == {"GIVEN": "1", "HOME": home, "TMPDIR": home}
    assert (found["folder"], found["leader"], found["input"]) == (home, True, "")


def test_it_runs_a_module_where_the_command_line_names_one(start, tmp_path):
    (tmp_path / "job.py").write_text(TELL)
    fork = start("", command=[sys.executable, "-m", "job", "x"], workdir=str(tmp_path))

    assert (told(fork)["arguments"], fork.returncode) == (["x"], 3)


@pytest.mark.parametrize(
    ("program", "code", "said"),
    [
        ("import sys; sys.exit(3)", 3, ""),
        ("print('done')", 0, "done\n"),
        ("raise ValueError('odd')", 1, "ValueError: odd"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM, ""),
    ],
)
def test_its_exit_code_and_its_last_words_arrive(start, program, code, said):
    fork = start(program)

    assert said in fork.stdout.read()
    assert fork.wait(30) == code == fork.poll()


def test_one_that_is_killed_does_not_touch_another(start):
    killed, other = start(WAIT), start(WAIT)
    assert (killed.stdout.readline(), other.stdout.readline()) == ("here\n", "here\n")

    os.killpg(killed.pid, signal.SIGKILL)

    assert killed.wait(30) == -signal.SIGKILL
    assert other.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        other.wait(0.1)
    os.killpg(other.pid, signal.SIGKILL)
    assert other.wait(30) == -signal.SIGKILL


@pytest.mark.parametrize("end", ["the server is killed", "its socket closes"])
def test_no_container_outlives_what_it_was_forked_from(start, end):
    fork = start(WAIT)
    process = psutil.Process(fork.pid)
    assert fork.stdout.readline() == "here\n"

    if end == "the server is killed":
        process.parent().kill()
    else:
        next(iter(forked._servers.values())).close()

    until(lambda: not psutil.pid_exists(fork.pid) or process.status() == "zombie")
    assert fork.wait(30) == -signal.SIGKILL


def test_after_its_server_is_killed_the_next_container_but_one_is_forked_again(start):
    first = start(WAIT)
    server = psutil.Process(first.pid).parent()
    server.kill()
    server.wait(30)
    first.wait(30)

    assert start(TELL) is None
    assert told(start(TELL))["loaded"]


def test_what_cannot_be_loaded_first_is_started_as_ever(start, tmp_path):
    (tmp_path / "preload.py").write_text("raise RuntimeError('not here')")

    assert start(TELL) is None


def test_an_image_that_names_nothing_to_load_is_started_as_ever(start):
    assert start(TELL, preload=None) is None
