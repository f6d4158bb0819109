"""Foreign keys of a contract and the checks that follow them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_platform.contracts.custom_properties import custom
from data_platform.contracts.errors import did_you_mean
from data_platform.contracts.model import Check, CheckKind, ForeignKey, Limit
from data_platform.contracts.rule import build_check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.model import Column
    from data_platform.contracts.place import Place

_REFERENCE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\.([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A foreign key, its check, and where it stands (for what only the whole domain can tell)."""

    key: ForeignKey
    check: Check
    place: Place


def references(
    place: Place, column: Column | None, columns: Sequence[Column], *, domain: str, dataset: str
) -> list[Reference]:
    """The foreign keys of a column, or of the dataset when `column` is None; broken ones are reported."""
    found = []
    for relation in place.each("relationships"):
        targets = _targets(relation, "to")
        own = [(dataset, column.name)] if column else _targets(relation, "from")
        if not targets or not own or not _sound(relation, own, targets, columns, dataset):
            continue
        key = ForeignKey(
            columns=tuple(name for _, name in own),
            domain=domain,
            dataset=targets[0][0],
            target_columns=tuple(name for _, name in targets),
        )
        check = _check(relation, key, column, owner=f"{domain}.{dataset}")
        found.append(Reference(key=key, check=check, place=relation))
    return found


def _check(relation: Place, key: ForeignKey, column: Column | None, *, owner: str) -> Check:
    extra = custom(relation).value
    most = extra.get("maximumOrphans")
    limit = Limit(operator="<=", value=most["value"], unit=most["unit"]) if most else None
    own, target = ", ".join(key.columns), ", ".join(key.target_columns)
    return build_check(
        relation,
        owner=owner,
        kind=CheckKind.REFERENTIAL,
        columns=key.columns,
        column=column.name if column else None,
        name=extra.get("name") or (None if column else key.dataset),
        severity=extra.get("severity", "error"),
        on_failure=extra.get("onFailure"),
        limit=limit,
        parameters={"domain": key.domain, "dataset": key.dataset, "columns": key.target_columns},
        description=extra.get("description") or f"{own} is known as {key.dataset}.{target}",
    )


def _targets(relation: Place, side: str) -> list[tuple[str, str]]:
    place = relation[side]
    written = place.value if isinstance(place.value, list) else [place.value]
    pairs = []
    for text in written:
        match = _REFERENCE.fullmatch(text)
        if match is None:
            place.report(
                f"{text!r} is not understood",
                allowed="<dataset>.<column> of the same domain",
                mend="write it so",
            )
            return []
        pairs.append((match[1], match[2]))
    return pairs


def _sound(
    relation: Place,
    own: list[tuple[str, str]],
    targets: list[tuple[str, str]],
    columns: Sequence[Column],
    dataset: str,
) -> bool:
    before = len(relation.findings)
    if len({name for name, _ in targets}) > 1:
        relation["to"].report("refers to several datasets", mend="write one relationship a dataset")
    if len(own) != len(targets):
        relation["to"].report(
            f"names {len(targets)} columns for {len(own)} of its own",
            mend="name as many columns on both sides",
        )
    known = [one.name for one in columns]
    for owner, name in own:
        if owner != dataset or name not in known:
            (relation.get("from") or relation).report(
                f"{owner}.{name} is no column of this dataset",
                mend=did_you_mean(name, known) or f"write {dataset}.<column>",
            )
    return len(relation.findings) == before
