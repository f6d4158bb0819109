"""Keeps all state on disk while the server runs, so that even `kill -9` loses little.

S3 objects are written as they are put (ministack), DynamoDB's items and Glue's tables are noted as they change
(`local.journal`): who keeps a ledger and a catalogue there loses nothing that was answered. Everything is
checkpointed: after requests that may change something, at most twice a second and never for more than a fiftieth of
a processor's time, off the event loop; of the rest a `kill -9` loses what came since.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local import journal
from local.checkpoints import CheckpointFolder
from local.pieces import SPLITS
from local.quick_copy import with_quick_copies
from local.recovery import REPAIRS

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, MutableMapping

    from local.checkpoints import Writing

logger = logging.getLogger("local.persistence")

INTERVAL_SECONDS = 0.5
_SHARE_OF_PROCESSOR = 0.02
_SETTLE_SECONDS = 5.0
_ATTEMPTS = 20
_READS = (b"Describe", b"Get", b"List", b"BatchGet", b"Query", b"Scan", b"Search", b"Lookup", b"Filter")

# Who refers to others is saved before them: a checkpoint never holds a pointer to what it lacks, nor a ledger that
# says of a table what the catalogue does not hold. Stacks come last: one that lists a resource which is gone can be
# deployed again, an unlisted one is in its way.
_FIRST = ("stepfunctions", "athena", "dynamodb", "glue")
_LAST = ("iam", "kms", "s3", "cloudformation")


@dataclass(frozen=True, kw_only=True)
class _Registered:
    save: Callable[[], Any]
    load: Callable[[Any], None]


_registered: dict[str, _Registered] = {}
# Of each service in pieces: the version and the file of each piece in the checkpoint before.
_pieces: dict[str, dict[str, tuple[Hashable, str]]] = {}
_changed_at = 0.0
_one_at_a_time = threading.Lock()
_JOURNAL = "journal"


def register(name: str, save: Callable[[], Any], load: Callable[[Any], None]) -> None:
    """Keep the state of a service that ministack does not have.

    Args:
        name: unique; must not be one of ministack's service modules.
        save: returns the state, of plain picklable values; called in another thread, also while requests
            run, and again when the state changed under it.
        load: gets at start what `save` returned last.
    """
    _registered[name] = _Registered(save=save, load=load)


def touch() -> None:
    """Say that state changed; requests do so themselves, background work should."""
    global _changed_at  # noqa: PLW0603 - one flag for the process
    _changed_at = time.monotonic()


def after_request(scope: MutableMapping[str, Any]) -> None:
    """Note a served request that may have changed something."""
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return
    target = next((value for name, value in scope["headers"] if name == b"x-amz-target"), b"")
    if not target.rpartition(b".")[2].startswith(_READS):
        touch()


def install() -> None:
    """Take the place of ministack's own persistence, which writes at a graceful end only."""
    from ministack import app
    from ministack.services import lambda_svc

    from local import hooks, pieces

    pieces.install()
    hooks.replace(app, "save_all", lambda _: checkpoint(clean=True), parameters="services")
    hooks.replace(app, "_load_persisted_state", load, parameters="")
    # Its pruning would delete code that the previous checkpoint still refers to.
    hooks.replace(lambda_svc, "_prune_orphan_code_blobs", lambda _: None, parameters="referenced")


def load() -> None:
    """Load the newest whole checkpoint into every service, and what was noted since; before the first request."""
    from ministack import app

    saved = _joined(_folder().load())
    since = saved.pop(_JOURNAL, None)
    for name, state in saved.items():
        try:
            repaired = REPAIRS[name](state) if name in REPAIRS else state
            if name in _registered:
                _registered[name].load(repaired)
            elif name in app._state_map:
                app._get_module(app._state_map[name]).load_persisted_state(repaired)
        except Exception:
            logger.exception("The saved state of %s does not load; it starts empty", name)
    journal.begin_in(_folder().path, since)


def checkpoint(*, clean: bool = False) -> float:
    """Write the state of every service to disk; returns the seconds of a processor that it took."""
    from ministack import app

    began = time.thread_time()
    savers = {name: with_quick_copies(save) for name, save in app._build_persistence_save_dict().items()}
    savers |= {name: registered.save for name, registered in _registered.items()}
    with _one_at_a_time:
        with _folder().writing(clean=clean) as written:
            written.add(_JOURNAL, journal.another())
            for name in sorted(savers, key=_order):
                save = _save_in_pieces if name in SPLITS else _save_whole
                _again_if_changed(save, name, savers[name], written)
        journal.forget()
    return time.thread_time() - began


async def checkpoint_forever() -> None:
    """Checkpoint whenever something changed, until cancelled."""
    done_at = 0.0
    while True:
        took = 0.0
        now = time.monotonic()
        if _changed_at > done_at or now - _changed_at < _SETTLE_SECONDS or _runs_something():
            done_at = now
            try:
                took = await asyncio.to_thread(checkpoint)
            except Exception:
                logger.exception("A checkpoint failed; the one before it stands")
        await asyncio.sleep(max(INTERVAL_SECONDS, took / _SHARE_OF_PROCESSOR))


def _runs_something() -> bool:
    """Whether executions run: they change state between requests."""
    import sys

    module = sys.modules.get("ministack.services.stepfunctions")
    if module is None:
        return False
    return any(execution.get("status") == "RUNNING" for execution in module._executions.all_values())


def _again_if_changed(save: Callable[..., None], *arguments: Any) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            save(*arguments)
        except RuntimeError:  # the state changed while it was being copied
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.01)
        else:
            return


def _save_whole(name: str, save: Callable[[], Any], written: Writing) -> None:
    state = save()
    if state is not None:
        written.add(name, state)


def _save_in_pieces(name: str, _: Callable[[], Any], written: Writing) -> None:
    """Write the pieces that changed; of the others the files stay, as the checkpoint before names them."""
    before, now = _pieces.get(name, {}), {}
    rest, pieces = SPLITS[name].take()
    for piece in pieces:
        known = before.get(piece.name)
        if known is not None and piece.version is not None and known[0] == piece.version:
            written.keep(f"{name}/{piece.name}", known[1])
            now[piece.name] = known
        else:
            now[piece.name] = (piece.version, written.add(f"{name}/{piece.name}", piece.content))
    written.add(f"{name}/", rest)
    _pieces[name] = now


def _joined(saved: Mapping[str, Any]) -> dict[str, Any]:
    """The states by service, those that were saved in pieces whole again."""
    whole: dict[str, Any] = {name: state for name, state in saved.items() if "/" not in name}
    pieces: dict[str, dict[str, Any]] = {}
    for name, state in saved.items():
        if "/" in name:
            service, _, piece = name.partition("/")
            pieces.setdefault(service, {})[piece] = state
    for service, found in pieces.items():
        whole[service] = SPLITS[service].join(found.pop(""), found)
    return whole


def _order(name: str) -> tuple[int, str]:
    if name in _FIRST:
        return _FIRST.index(name), name
    return len(_FIRST) + (1 + _LAST.index(name) if name in _LAST else 0), name


def _folder() -> CheckpointFolder:
    return CheckpointFolder(Path(os.environ["STATE_DIR"]) / "checkpoints")
