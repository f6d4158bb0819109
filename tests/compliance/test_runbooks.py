"""Whoever is woken finds a page: every alarm names its runbook, and every runbook belongs to something."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

RUNBOOKS = Path(__file__).resolve().parents[2] / "docs" / "runbooks"
PARTS = ("**Symptom.**", "**Meaning.**", "**Look.**", "**Mend")
NAMED = re.compile(r"Runbook: docs/runbooks/([\w-]+)\.md")
ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")


def descriptions(assembly):
    """What a woken person reads first, by the public name of an alarm, or of a rule that tells a topic."""
    found = {}
    for resource in assembly.of_type(*ALARMS, "AWS::Events::Rule").values():
        properties = resource["Properties"]
        if resource["Type"] in ALARMS:
            found[properties["AlarmName"]] = properties.get("AlarmDescription", "")
        elif any(
            "sns" in str(target["Arn"]) or "Topic" in str(target["Arn"]) for target in properties["Targets"]
        ):
            found[properties["Name"]] = properties.get("Description", "")
    return found


def procedures():
    """Pages for what people do without being woken, listed in the README under Procedures."""
    readme = (RUNBOOKS / "README.md").read_text()
    _, _, listed = readme.partition("## Procedures")
    return set(re.findall(r"\]\(([\w-]+)\.md\)", listed))


def test_every_alarm_says_owner_severity_and_runbook(assembly):
    silent = [
        name
        for name, text in descriptions(assembly).items()
        if not NAMED.search(text) or "Owner: " not in text or not re.search(r"Severity: (page|ticket)", text)
    ]

    assert silent == []


@pytest.mark.parametrize("broker", ["express", "standard", "serverless"])
def test_every_runbook_that_an_alarm_of_streaming_names_says_how_to_look_and_mend(streaming_of, broker):
    require_pages(descriptions(streaming_of(broker)))


def test_every_runbook_that_an_alarm_names_says_how_to_look_and_mend(assembly):
    require_pages(descriptions(assembly))


def require_pages(told):
    for name, text in told.items():
        page = RUNBOOKS / f"{NAMED.search(text)[1]}.md"

        assert page.exists(), f"{name} names {page.name}, which is not there"
        written = page.read_text()
        assert written.startswith(f"# {page.stem}\n")
        assert [part for part in PARTS if part not in written] == [], page.name


def test_every_alarm_of_streaming_says_owner_severity_and_runbook(streaming):
    silent = [
        name
        for name, text in descriptions(streaming).items()
        if not NAMED.search(text) or "Owner: " not in text or not re.search(r"Severity: (page|ticket)", text)
    ]

    assert silent == []


def test_every_runbook_belongs_to_an_alarm_or_is_a_procedure(assembly_of, streaming_of):
    # Production has Express brokers; Standard ones have more alarms.
    told = [assembly_of("prod"), streaming_of("standard"), streaming_of("express")]
    named = {
        NAMED.search(text)[1]
        for assembly in told
        for text in descriptions(assembly).values()
        if NAMED.search(text)
    }
    pages = {path.stem for path in RUNBOOKS.glob("*.md")} - {"README"}

    assert sorted(pages - named - procedures()) == []


def test_the_page_of_runbooks_lists_them_all():
    readme = (RUNBOOKS / "README.md").read_text()

    assert [
        path.name for path in RUNBOOKS.glob("*.md") if path.name != "README.md" and path.name not in readme
    ] == []
