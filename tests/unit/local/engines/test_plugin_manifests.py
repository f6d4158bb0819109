"""A worker's plug-ins are scanned once; later workers find the same by manifests."""

from __future__ import annotations

import zipfile

import pytest

from local.engines import plugin_manifests

SAID = """[..] INFO Kafka Connect worker initializing ...
[..] WARN One or more plugins are missing ServiceLoader manifests may not be usable with plugin.discovery=service_load: [
file:{place}/\torg.example.AvroConverter\tconverter\tundefined
file:{place}/\torg.example.Unwrap\ttransformation\t3.2.3.Final
]
Read the documentation (org.apache.kafka.connect.runtime.isolation.Plugins)
[..] INFO Kafka Connect started
"""
NOTHING = (
    "[..] INFO All plugins have ServiceLoader manifests, consider reconfiguring plugin.discovery=service_load"
)


@pytest.fixture
def plugins(tmp_path, monkeypatch):
    """One plug-in of two jars, and no scan of it yet."""
    monkeypatch.setenv("LOCAL_ENGINES_DIR", str(tmp_path / "engines"))
    return _plugin(tmp_path / "plugins", "1")


def _plugin(folder, name, content=b"classes"):
    (folder / name).mkdir(parents=True)
    (folder / name / "a.jar").write_bytes(content)
    (folder / name / "b.jar").write_bytes(b"more")
    return folder


def manifests(folder):
    with zipfile.ZipFile(folder / "service-manifests.jar") as jar:
        return {name: jar.read(name).decode() for name in jar.namelist()}


def test_plugins_that_nobody_scanned_are_scanned(plugins):
    assert plugin_manifests.discovery(plugins) == "hybrid_warn"
    assert not (plugins / "1" / "service-manifests.jar").exists()


def test_after_a_scan_what_has_no_manifest_gets_one(plugins):
    plugin_manifests.learn(plugins, SAID.format(place=plugins / "1"))

    assert plugin_manifests.discovery(plugins) == "service_load"
    assert manifests(plugins / "1") == {
        "META-INF/services/org.apache.kafka.connect.storage.Converter": "org.example.AvroConverter\n",
        "META-INF/services/org.apache.kafka.connect.transforms.Transformation": "org.example.Unwrap\n",
    }


def test_the_manifests_do_not_make_it_another_plugin(plugins):
    plugin_manifests.learn(plugins, SAID.format(place=plugins / "1"))
    plugin_manifests.discovery(plugins)

    assert plugin_manifests.discovery(plugins) == "service_load"


def test_the_same_jars_elsewhere_are_known(plugins, tmp_path):
    plugin_manifests.learn(plugins, SAID.format(place=plugins / "1"))

    assert plugin_manifests.discovery(_plugin(tmp_path / "others", "2")) == "service_load"


def test_another_jar_makes_it_another_plugin(plugins, tmp_path):
    plugin_manifests.learn(plugins, SAID.format(place=plugins / "1"))

    assert plugin_manifests.discovery(_plugin(tmp_path / "others", "2", b"changed")) == "hybrid_warn"


def test_one_plugin_that_is_not_known_has_all_of_them_scanned(plugins):
    plugin_manifests.learn(plugins, SAID.format(place=plugins / "1"))
    _plugin(plugins, "2", b"changed")

    assert plugin_manifests.discovery(plugins) == "hybrid_warn"


def test_plugins_that_all_have_manifests_need_none(plugins):
    plugin_manifests.learn(plugins, NOTHING)

    assert plugin_manifests.discovery(plugins) == "service_load"
    assert not (plugins / "1" / "service-manifests.jar").exists()


@pytest.mark.parametrize(
    "said",
    ["", SAID.format(place="/elsewhere"), SAID.format(place="{place}").replace("\tconverter\t", "\tnovel\t")],
)
def test_what_a_worker_did_not_say_or_says_in_other_words_is_not_guessed(plugins, said):
    plugin_manifests.learn(plugins, said.replace("{place}", str(plugins / "1")))

    assert plugin_manifests.discovery(plugins) == "hybrid_warn"
