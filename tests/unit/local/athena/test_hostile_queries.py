"""Nothing that an analyst asks Athena shows a column, a row or a cell that Lake Formation hides from it.

The same statements on a server without that decision do show them: so the set can detect a leak.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.local.athena import hostile_world
from tests.unit.local.athena.hostile_statements import COMPARED, COPIED, SEARCHED
from tests.unit.local.conftest import _served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.local.athena.hostile_world import World


@pytest.fixture(scope="module")
def unenforced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same world where every decision of Lake Formation about cells is "everything"."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent / "unenforced"))
        served = _served(tmp_path_factory.mktemp("unenforced-aws"), auth=True)
        aws = next(served)
    yield hostile_world.build(aws)
    next(served, None)


def learnt_by_comparison(world: World, name: str, *, shadow: World) -> str:
    """What a statement gives away beside what the shadow answers; empty for nothing."""
    seen, allowed = world.seen(COMPARED[name]), shadow.allowed(COMPARED[name])
    return "" if seen == allowed else f"{name}: {seen} instead of {allowed}"


def shown(texts: list[str]) -> str:
    return next((text[:300] for text in texts for secret in hostile_world.SECRETS if secret in text), "")


def learnt_by_copying(world: World, name: str) -> str:
    """What a statement that writes, and reading what it wrote, give away."""
    write, read = COPIED[name]
    seen = world.seen(write)
    seen += world.seen(read) if read else []
    return shown(seen + world.files())


@pytest.mark.parametrize("name", COMPARED)
def test_a_question_is_answered_as_if_the_hidden_did_not_exist(world, name):
    assert learnt_by_comparison(world, name, shadow=world) == ""


@pytest.mark.parametrize("name", SEARCHED)
def test_what_describes_or_surrounds_a_table_does_not_show_the_hidden(world, name):
    assert shown(world.seen(SEARCHED[name])) == ""


@pytest.mark.parametrize("name", COPIED)
def test_what_is_written_elsewhere_does_not_hold_the_hidden(world, name):
    assert learnt_by_copying(world, name) == ""


def test_without_the_decision_the_same_statements_leak(unenforced, world):
    found = {name: learnt_by_comparison(unenforced, name, shadow=world) for name in COMPARED}
    found |= {name: shown(unenforced.seen(SEARCHED[name])) for name in SEARCHED}
    found |= {name: learnt_by_copying(unenforced, name) for name in COPIED}
    silent = sorted(name for name, learnt in found.items() if not learnt)
    assert len(silent) < len(found) / 4, silent
