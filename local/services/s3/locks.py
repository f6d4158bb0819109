"""Retention and legal holds of locked versions survive a restart; ministack keeps them in memory only."""

from __future__ import annotations

from typing import Any

from local import persistence


def install() -> None:
    """Checkpoint both stores."""
    persistence.register("s3-object-locks", _save, _load)


def _save() -> dict[str, Any]:
    from ministack.services import s3

    return {"retention": dict(s3._object_retention._data), "holds": dict(s3._object_legal_hold._data)}


def _load(saved: dict[str, Any]) -> None:
    from ministack.services import s3

    s3._object_retention._data.update(saved["retention"])
    s3._object_legal_hold._data.update(saved["holds"])
