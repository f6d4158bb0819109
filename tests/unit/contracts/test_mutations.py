"""Whatever happens to a contract file: it loads, or it is refused with file and line. Never anything else."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
import yaml
from contract_files import AVIATION, Contracts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stream_contracts import CDC, EVENTS, STREAM, streaming

from data_platform.contracts.errors import ContractError
from data_platform.contracts.odcs import load_dataset

NAMES = ("airlines", "airports", "planes", "weather", "flights")
TEXTS = {name: (AVIATION / f"{name}.odcs.yaml").read_text() for name in NAMES}
VALUES = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
# airlines is the smallest and flights the richest: most mutations go where they are cheap, some where it is deep.
CHOICE = st.sampled_from(("airlines", "airlines", "airports", "planes", "weather", "flights"))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        ["16:00", "no", "2026-11-20", "1.0", "yes", "{object}", "^", "(", "_", "a.b", "quarantine", "string"]
    ),
)
ODD = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=3),
    st.dictionaries(st.text(max_size=8), SCALARS, max_size=3),
    st.lists(st.dictionaries(st.sampled_from(["property", "value", "name", "to"]), SCALARS), max_size=2),
)
ACTIONS = ("drop", "rename", "swap", "odd", "double", "wrap", "move")
FRAGMENTS = st.one_of(
    st.binary(max_size=6),
    st.sampled_from([b"\t", b"&a ", b"*a", b": ", b"- ", b"---\n", b"\x00", b"\xff", b"'", b'"', b"{", b"]", b"!!x ", b"#", b"\n", b"  "]),
)  # fmt: skip


def _spots(value: Any, parent: Any = None, key: Any = None) -> list[tuple[Any, Any]]:
    """Every (container, key) of a value."""
    found = [] if parent is None else [(parent, key)]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        found += _spots(item, value, name)
    return found


def _mutate(value: Any, data: st.DataObject) -> None:
    spots = _spots(value)
    if not spots:
        return
    parent, key = spots[data.draw(st.integers(0, len(spots) - 1))]
    action = data.draw(st.sampled_from(ACTIONS))
    if action == "drop":
        del parent[key]
    elif action == "rename" and isinstance(parent, dict):
        parent[data.draw(st.text(max_size=10)) if data.draw(st.booleans()) else f"{key}s"] = parent.pop(key)
    elif action == "odd":
        parent[key] = data.draw(ODD)
    elif action == "wrap":
        parent[key] = [parent[key]]
    elif action == "double" and isinstance(parent, list):
        parent.append(copy.deepcopy(parent[key]))
    else:  # swap or move: a value from elsewhere in the contract
        other, name = spots[data.draw(st.integers(0, len(spots) - 1))]
        parent[key] = copy.deepcopy(other[name])


def _loads_or_is_refused(folder, name: str, content: bytes) -> None:
    path = folder / f"{name}.odcs.yaml"
    path.write_bytes(content)
    try:
        load_dataset(path)
    except ContractError as error:
        refusal = str(error)
    else:
        return
    assert all(re.match(rf"{re.escape(str(path))}:[1-9]\d*: .", line) for line in refusal.split("\n")), (
        refusal
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mutations") / "aviation"
    folder.mkdir()
    return folder


COMMON = {"suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}


@settings(max_examples=220, **COMMON)
@given(name=CHOICE, count=st.integers(1, 3), data=st.data())
def test_a_contract_with_changed_keys_and_values_loads_or_is_refused(folder, name, count, data):
    value = copy.deepcopy(VALUES[name])
    for _ in range(count):
        _mutate(value, data)
    _loads_or_is_refused(folder, name, json.dumps(value, indent=1).encode("utf-8", "surrogatepass"))


@settings(max_examples=100, **COMMON)
@given(name=CHOICE, data=st.data())
def test_a_contract_with_unquoted_changes_loads_or_is_refused(folder, name, data):
    value = copy.deepcopy(VALUES[name])
    _mutate(value, data)
    _loads_or_is_refused(
        folder,
        name,
        yaml.safe_dump(value, sort_keys=False, allow_unicode=True).encode("utf-8", "surrogatepass"),
    )


@settings(max_examples=120, **COMMON)
@given(name=CHOICE, data=st.data())
def test_a_contract_with_garbage_bytes_loads_or_is_refused(folder, name, data):
    content = bytearray(TEXTS[name].encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        gone = data.draw(st.integers(0, 12))
        content[at : at + gone] = data.draw(FRAGMENTS)
    _loads_or_is_refused(folder, name, bytes(content))


@settings(max_examples=50, **COMMON)
@given(
    content=st.one_of(
        st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
    )
)
def test_any_bytes_are_refused(folder, content):
    _loads_or_is_refused(folder, "flights", content)


@pytest.fixture(scope="module")
def streams(tmp_path_factory):
    """A contract of changes and one of events in Protobuf, as values."""
    said = STREAM | {
        "format": "protobuf",
        "cleanup": "compact+delete",
        "reserved": [{"number": 3, "name": "x"}],
    }
    numbers = {name: {"custom": {"fieldNumber": place}} for place, name in enumerate(("carrier", "name"), 1)}
    made = []
    for more in (
        {"stream": STREAM, "source": CDC},
        {"stream": said, "source": EVENTS, "topic": True, **numbers},
    ):
        path = streaming(Contracts(tmp_path_factory.mktemp("streams")), **more)
        load_dataset(path)
        made.append(json.loads(path.read_text()))
    return made


@settings(max_examples=100, **COMMON)
@given(events=st.booleans(), count=st.integers(1, 2), data=st.data())
def test_a_contract_with_a_changed_stream_loads_or_is_refused(folder, streams, events, count, data):
    value = copy.deepcopy(streams[events])
    # All of the mutations where the stream is said, or its columns.
    parts = [value["customProperties"], value["schema"][0]]
    for _ in range(count):
        _mutate(parts[data.draw(st.integers(0, 1))], data)
    _loads_or_is_refused(folder, "airlines", json.dumps(value, indent=1).encode("utf-8", "surrogatepass"))
