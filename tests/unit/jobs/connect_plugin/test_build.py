"""The capture plug-in is the recorded bytes, whoever builds it, and holds what a connector needs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from jobs.connect_plugin import build as builder
from jobs.connect_plugin.build import BuildFailed, build, recorded
from jobs.connect_plugin.jar_list import Jar, JarRefused, fetched, listed
from local.engines import java

RUNTIME = str(java.installed() / "bin" / "java")


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    return build(tmp_path_factory.mktemp("plugin"), java=RUNTIME)


def test_it_has_the_recorded_digest(plugin):
    assert plugin.name == f"{recorded()}.zip"


def test_it_holds_every_listed_jar_and_the_provider_of_secrets(plugin):
    names = {name.rsplit("/", 1)[-1] for name in zipfile.ZipFile(plugin).namelist()}

    assert names == {jar.file for jar in listed()[0]} | {"dataplatform-secrets.jar"}


def test_it_says_nothing_of_when_it_was_built(plugin):
    assert {entry.date_time for entry in zipfile.ZipFile(plugin).infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_jar_with_another_digest_is_refused_by_name():
    known = listed()[0][0]
    odd = Jar(group=known.group, artifact=known.artifact, version=known.version, sha256="0" * 64)

    with pytest.raises(JarRefused, match=r"has sha256 .* but .*jars\.toml says 0000.*Mend"):
        fetched([odd])


def test_a_source_that_does_not_compile_is_refused_with_the_compilers_words(tmp_path, monkeypatch):
    source = tmp_path / "SecretsManagerConfigProvider.java"
    source.write_text(
        builder.SOURCE.read_text().replace("extends", "").replace("implements ConfigProvider", "!")
    )
    monkeypatch.setattr(builder, "SOURCE", source)

    with pytest.raises(BuildFailed, match="Syntax error"):
        build(tmp_path, java=RUNTIME)


def test_the_command_refuses_a_plugin_that_nobody_recorded(tmp_path, monkeypatch, capsys):
    from jobs.connect_plugin import __main__ as command

    digest = tmp_path / "digest"
    digest.write_text("0" * 64)
    monkeypatch.setattr(builder, "DIGEST", digest)

    assert command.main([str(tmp_path), "--java", RUNTIME]) == 1
    assert "build with --record and commit the digest" in capsys.readouterr().err


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """The file that the command, another process, says to have built."""
    folder = tmp_path_factory.mktemp("command")
    line = [sys.executable, "-m", "jobs.connect_plugin", str(folder), "--java", RUNTIME]
    ended = subprocess.run(line, check=True, capture_output=True, text=True)
    assert ended.stdout.strip() == str(folder / f"{recorded()}.zip")
    return Path(ended.stdout.strip())


def test_the_command_prints_the_file_that_it_built(printed):
    assert printed.is_file()


def test_built_again_it_is_the_same_bytes(plugin, printed):
    assert printed.read_bytes() == plugin.read_bytes()
