"""The database engines are real servers: fetched and checked once, without root, safe against a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import psycopg2
import pymysql
import pytest

from local import ports
from local.engines import artifacts, mariadb, postgres, privileges, unprivileged
from local.engines.server import EngineError
from tests.waiting import until


def _rows(server, query, **given):
    connection = psycopg2.connect(host=str(server.socket.parent), user="postgres", dbname="postgres", **given)
    connection.autocommit = True
    with connection, connection.cursor() as cursor:
        cursor.execute(query)
        found = cursor.fetchall() if cursor.description else []
    connection.close()
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = postgres.Server(
        tmp_path_factory.mktemp("engine") / "pg", parameters={"wal_level": "logical", "fsync": "off"}
    )
    made.start()
    yield made
    made.stop()


def test_the_second_fetch_only_looks(monkeypatch):
    first = postgres.installed()
    monkeypatch.setattr(artifacts, "_fetched", lambda _: pytest.fail("it fetched again"))
    assert postgres.installed() == first
    assert (first / "bin" / "postgres").exists()


def test_a_jar_that_is_not_the_locked_one_is_never_unpacked(monkeypatch, tmp_path):
    monkeypatch.setenv("LOCAL_ENGINES_DIR", str(tmp_path))
    jar = tmp_path / "other.jar"
    monkeypatch.setattr(artifacts, "_digest", lambda _: "0" * 64)
    monkeypatch.setattr("jgo.maven._core.Artifact.resolve", lambda _: (jar.write_bytes(b"other"), jar)[1])
    with pytest.raises(artifacts.EngineUnavailable, match="Nothing was unpacked"):
        postgres.installed()
    assert not (tmp_path / "postgres-17.6").exists()


def test_an_artefact_without_a_lock_is_refused():
    with pytest.raises(artifacts.EngineUnavailable, match="has no nothing"):
        artifacts.locked("nothing")


def test_parameters_are_those_of_the_running_server(server):
    assert _rows(server, "show wal_level") == [("logical",)]


def test_without_a_port_it_listens_on_no_network(server):
    assert _rows(server, "show listen_addresses") == [("",)]


def test_the_engine_never_runs_as_root(server):
    [real] = {line.split()[1] for line in _status(server.pid) if line.startswith("Uid:")}
    if privileges.way() == unprivileged.NAMESPACE:
        [inner] = Path(f"/proc/{server.pid}/uid_map").read_text().splitlines()
        assert int(inner.split()[0]) == unprivileged.account()[0]
    else:
        assert real != "0"


def _status(pid):
    return Path(f"/proc/{pid}/status").read_text().splitlines()


def test_committed_rows_survive_a_kill_and_the_next_start_is_clean(server):
    _rows(server, "create table kept as select 1 as one")
    server.kill()
    assert not server.running
    server.start()
    assert _rows(server, "select one from kept") == [(1,)]


def test_a_mistaken_parameter_is_told_with_the_engines_own_words(tmp_path):
    wrong = postgres.Server(tmp_path / "pg", parameters={"wal_level": "sideways"})
    with pytest.raises(EngineError, match='invalid value for parameter "wal_level"'):
        wrong.start()


def test_with_a_port_a_password_is_asked_for(tmp_path):
    port = ports.choose(None, pair=False)
    server = postgres.Server(tmp_path / "pg", port=port, parameters={"fsync": "off"})
    server.start()
    try:
        _rows(server, "alter role postgres password 'right'", port=port)
        given = {"host": "127.0.0.1", "port": port, "user": "postgres", "dbname": "postgres"}
        psycopg2.connect(**given, password="right").close()
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(**given, password="wrong")
    finally:
        server.stop()


def test_a_long_path_still_gets_a_socket(tmp_path):
    far = tmp_path / ("deep" * 20) / ("deeper" * 10)
    server = postgres.Server(far, parameters={"fsync": "off"})
    server.start()
    try:
        assert _rows(server, "select 1") == [(1,)]
    finally:
        server.stop()


def test_an_engine_ends_with_the_process_that_started_it(tmp_path):
    program = textwrap.dedent(
        f"""
        import pathlib, time
        from local.engines import postgres
        server = postgres.Server(pathlib.Path({str(tmp_path / "pg")!r}), parameters={{"fsync": "off"}})
        server.start()
        print(server.pid, flush=True)
        time.sleep(60)
        """
    )
    starter = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    engine = int(starter.stdout.readline())
    os.kill(starter.pid, signal.SIGKILL)
    starter.wait()
    until(lambda: not psutil.pid_exists(engine))


def test_mariadb_keeps_its_rows_over_a_kill(tmp_path):
    server = mariadb.Server(tmp_path / "my", parameters={"log_bin": "ON", "binlog_format": "ROW"})
    server.start()
    try:
        _run(server, "create database shop", "create table shop.t (a int)", "insert into shop.t values (7)")
        server.kill()
        server.start()
        assert _run(server, "select a, @@binlog_format from shop.t") == ((7, "ROW"),)
    finally:
        server.stop()


def _run(server, *statements):
    with pymysql.connect(unix_socket=str(server.socket), user="root", autocommit=True) as connection:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall()


def test_root_without_a_user_namespace_is_told_which_folder_keeps_the_engine_out(tmp_path, monkeypatch):
    monkeypatch.setattr(privileges, "way", lambda: unprivileged.SWITCH)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(artifacts.EngineUnavailable, match="may not pass through"):
        privileges.require_reachable(closed / "data")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_without_a_user_namespace_runs_the_engine_as_nobody(tmp_path_factory, monkeypatch):
    import shutil
    import tempfile

    if not all(above.stat().st_mode & 0o001 for above in (artifacts.folder() / "x").parents):
        pytest.skip("the work tree lies below a folder that keeps others out")
    monkeypatch.setattr(privileges, "way", lambda: unprivileged.SWITCH)
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    server = postgres.Server(folder / "pg", parameters={"fsync": "off"})
    try:
        server.start()
        assert psutil.Process(server.pid).username() == "nobody"
        assert _rows(server, "select 1") == [(1,)]
    finally:
        server.stop()
        shutil.rmtree(folder)


def test_stopping_is_a_clean_shutdown(tmp_path):
    server = postgres.Server(tmp_path / "pg", parameters={"fsync": "off"})
    server.start()
    server.stop()
    assert "database system is shut down" in server.log_end()
    began = time.monotonic()
    server.start()
    assert "automatic recovery" not in server.log_end()
    assert time.monotonic() - began < 30
    server.stop()
