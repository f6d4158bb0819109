"""What an erasure touches, by the contracts: which rows of which tables go, whose values are emptied, what stays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from data_platform.contracts.checks_sql import typed_value
from data_platform.contracts.erasure import (
    belongs_sql,
    can_follow,
    emptied_columns,
    own_column,
    subject_paths,
)
from data_platform.contracts.sql_text import literal, quoted, relation
from data_platform.contracts.table_kinds import is_window, kinds_of, table_name, zone_of
from operations.curated_models import models_with
from operations.exit_codes import CommandFailed, ExitCode
from operations.scope import scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.contracts.erasure import SubjectPath
    from data_platform.contracts.model import Column, Dataset, Domain
    from data_platform.contracts.naming import Naming
    from operations.connection import Connection

ERASER = "eraser"  # who asks and erases
_JUDGED = ("candidate", "quarantine")  # raw types, and the offending value as text
_SUBJECT = re.compile(r"(?P<place>[a-z0-9]+\.[a-z0-9_]+)\.(?P<column>[a-z0-9_]+)=(?P<value>.+)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whose data it is: the dataset of persons, and the identifier, as typed and as an SQL literal."""

    domain: Domain
    dataset: Dataset
    value: str
    literal: str


@dataclass(frozen=True, kw_only=True)
class Target:
    """A table and what an erasure does to the person's rows in it. `columns` are those that are emptied."""

    dataset: str
    table: str
    action: Literal["delete rows", "empty values", "keep"]
    condition: str
    columns: tuple[str, ...] = ()
    has_days: bool = True

    @property
    def statement(self) -> str:
        """The statement that does it.

        Raises:
            ValueError: when there is nothing to do.
        """
        if self.action == "delete rows":
            return f"DELETE FROM {self.table} WHERE {self.condition}"
        if self.action == "empty values":
            emptied = ", ".join(f"{quoted(name)} = NULL" for name in self.columns)
            return f"UPDATE {self.table} SET {emptied} WHERE {self.condition}"
        raise ValueError(f"{self.table} is kept")


def person(text: str) -> Person:
    """The person that `<domain>.<dataset>.<column>=<value>` names.

    Raises:
        CommandFailed: when no contract has such a subject, or the value is not of its type.
    """
    match = _SUBJECT.fullmatch(text)
    if match is None:
        raise CommandFailed(
            f"--subject {text!r} is not understood. Write it as retail.customers.customer_id=123.",
            ExitCode.USAGE,
        )
    found = scope(match["place"])
    dataset = found.dataset
    if dataset is None or dataset.subject is None or dataset.subject != match["column"]:
        named = ", ".join(
            f"{one.domain}.{one.name}.{one.subject}" for one in found.domain.datasets if one.subject
        )
        raise CommandFailed(
            f"--subject: {match['place']}.{match['column']} is no subject of a contract. Allowed: {named or 'none'}. "
            "A contract names its subject in customProperties.",
            ExitCode.USAGE,
        )
    try:
        value = literal(match["value"], dataset.column(dataset.subject).physical_type)
    except ValueError as error:
        raise CommandFailed(f"--subject: {error}", ExitCode.USAGE) from error
    return Person(domain=found.domain, dataset=dataset, value=match["value"], literal=value)


def contract_targets(whose: Person, naming: Naming) -> Iterator[Target]:
    """The tables of the domain's contracts, those of referring datasets first: they lead to the person."""
    for dataset in reversed(whose.domain.datasets):
        for path in subject_paths(dataset, whose.domain):
            if path.subject.name == whose.dataset.name and can_follow(path):
                yield from (_target(dataset, path, kind, whose, naming) for kind in _kinds(dataset, path))


def _kinds(dataset: Dataset, path: SubjectPath) -> Iterator[str]:
    """The tables that hold something of the person; keys of deleted rows do where a key is the person's, figures never.

    Lint lets no window have a column that tells about a person.
    """
    for kind in kinds_of(dataset):
        own = not path.steps and own_column(path, dataset) in dataset.primary_key
        if kind != "raw" and not is_window(kind) and (kind != "deleted" or own):
            yield kind


def _target(dataset: Dataset, path: SubjectPath, kind: str, whose: Person, naming: Naming) -> Target:
    column = dataset.column(own_column(path, dataset))
    own = typed_value(column) if kind in _JUDGED else ""
    condition = belongs_sql(path, whose.literal, naming, own=own)
    table = relation(naming.database(zone_of(kind)), table_name(dataset.name, kind))
    emptied = emptied_columns(dataset, path)
    if not path.steps:
        return Target(dataset=dataset.name, table=table, action="delete rows", condition=condition)
    if not emptied:
        return Target(dataset=dataset.name, table=table, action="keep", condition=condition)
    columns = (*emptied, *_beside([dataset.column(name) for name in emptied], kind))
    return Target(
        dataset=dataset.name,
        table=table,
        action="empty values",
        condition=f"{condition} AND {_any_present(columns)}",
        columns=columns,
    )


def _beside(emptied: list[Column], kind: str) -> tuple[str, ...]:
    """What repeats a personal value beside its column: its masked one, or the offending value of a verdict."""
    if kind in _JUDGED:
        return ("_value",)
    return tuple(c.masked_name for c in emptied if c.masked_name and kind == "curated")


def model_targets(connection: Connection, whose: Person, naming: Naming) -> Iterator[Target]:
    """What dbt derived: a table with the subject's column loses the personal values that it repeats.

    Its rows stay until dbt builds it anew from what is left.
    """
    subject = str(whose.dataset.subject)
    personal = {
        name
        for dataset in whose.domain.datasets
        for column in dataset.columns
        if column.pii and column.name != subject
        for name in (column.name, column.masked_name)
        if name
    }
    for model, columns in models_with(connection, naming, whose.domain, {subject}, duty=ERASER).items():
        table = relation(naming.database("curated"), model)
        condition = f"CAST({quoted(subject)} AS varchar) = CAST({whose.literal} AS varchar)"
        emptied = tuple(sorted(personal & columns))
        if emptied:
            condition = f"{condition} AND {_any_present(emptied)}"
        action: Literal["empty values", "keep"] = "empty values" if emptied else "keep"
        yield Target(
            dataset=model, table=table, action=action, condition=condition, columns=emptied, has_days=False
        )


def raw_conditions(whose: Person, naming: Naming) -> dict[str, str]:
    """The person's rows in raw, by dataset, for those datasets whose files hold personal values."""
    found = {}
    for dataset in whose.domain.datasets:
        for path in subject_paths(dataset, whose.domain):
            if path.subject.name == whose.dataset.name and (not path.steps or emptied_columns(dataset, path)):
                own = typed_value(dataset.column(own_column(path, dataset)))
                found[dataset.name] = belongs_sql(path, whose.literal, naming, own=own)
    return found


def _any_present(columns: tuple[str, ...]) -> str:
    return "(" + " OR ".join(f"{quoted(name)} IS NOT NULL" for name in columns) + ")"
