"""Erasure: where the data of one person is, by the contracts, and how it stays away once it is gone.

A contract's `subject` names the column that identifies a person; foreign keys lead from it to other datasets. The
person's rows of the subject's dataset go. A row of another dataset stays (an order is an order), without its
personal values. The erasure is registered by a hash of the identifier, and every later load, a forced one of
immutable raw files too, passes over what is registered.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_platform.contracts.errors import Finding
from data_platform.contracts.model import CheckKind
from data_platform.contracts.sql_text import quoted, relation, text
from data_platform.contracts.tables import TableColumn
from data_platform.contracts.types import kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.contracts.model import Check, Dataset, Domain, ForeignKey
    from data_platform.contracts.naming import Naming

REGISTER = "erasure_register"
REGISTER_COLUMNS = (
    TableColumn(name="subject", type="string", required=True),
    TableColumn(name="value_hash", type="string", required=True),
    TableColumn(name="requested_at", type="timestamp", required=True),
    TableColumn(name="requested_by", type="string", required=True),
    TableColumn(name="days", type="string", required=True),
    TableColumn(name="finished_at", type="timestamp"),
)
_IDENTIFIERS = ("string", "integer")  # whose text is the same in every engine


@dataclass(frozen=True, kw_only=True)
class SubjectPath:
    """How a dataset's rows belong to a person: `steps` lead to the subject's dataset, none from itself."""

    subject: Dataset
    steps: tuple[ForeignKey, ...]


def subjects(domain: Domain) -> tuple[Dataset, ...]:
    """The datasets of a domain whose rows are persons."""
    return tuple(dataset for dataset in domain.datasets if dataset.subject)


def subject_name(subject: Dataset) -> str:
    """The subject's full name: `retail.customers.customer_id`."""
    return f"{subject.domain}.{subject.name}.{subject.subject}"


def subject_paths(dataset: Dataset, domain: Domain) -> tuple[SubjectPath, ...]:
    """The shortest way from a dataset to each subject of its domain that it can be traced to."""
    by_name = {one.name: one for one in domain.datasets}
    found: dict[str, SubjectPath] = {}
    ways: list[tuple[str, tuple[ForeignKey, ...]]] = [(dataset.name, ())]
    seen = {dataset.name}
    while ways:
        name, steps = ways.pop(0)
        here = by_name.get(name)
        if here is None:
            continue
        if here.subject and here.name not in found:
            found[here.name] = SubjectPath(subject=here, steps=steps)
        for key in here.foreign_keys:
            if key.domain == domain.name and key.dataset not in seen:
                seen.add(key.dataset)
                ways.append((key.dataset, (*steps, key)))
    return tuple(found[name] for name in sorted(found))


def emptied_columns(dataset: Dataset, path: SubjectPath) -> tuple[str, ...]:
    """The columns of a referring dataset that hold personal values; what the reference itself needs stays."""
    if not path.steps:
        return ()
    reference = path.steps[0].columns
    return tuple(
        c.name for c in dataset.columns if c.pii and c.name not in (*reference, *dataset.primary_key)
    )


def belongs_sql(path: SubjectPath, literal: str, naming: Naming, *, own: str = "") -> str:
    """The condition under which a row belongs to the person.

    Args:
        path: From the row's dataset to the subject.
        literal: The person's identifier as an SQL literal, or any expression of its type.
        naming: Physical names; the datasets between are read from staged.
        own: The row's own value, where it is not the plain column (raw types in quarantine).
    """
    if not path.steps:
        return f"{own or quoted(str(path.subject.subject))} = {literal}"
    column, target = followed(path)
    value = own or quoted(column)
    if len(path.steps) == 1:
        return f"{value} = {literal}"
    further = SubjectPath(subject=path.subject, steps=path.steps[1:])
    there = relation(naming.database("staged"), path.steps[0].dataset)
    return f"{value} IN (SELECT {quoted(target)} FROM {there} WHERE {belongs_sql(further, literal, naming)})"


def own_column(path: SubjectPath, dataset: Dataset) -> str:
    """The dataset's own column by which its rows are traced to the person."""
    if not path.steps:
        return str(dataset.subject)
    return followed(path)[0]


def followed(path: SubjectPath) -> tuple[str, str]:
    """The first step of a path: the dataset's own column, and the one that it refers to."""
    return _link(path.steps[0], path.subject if len(path.steps) == 1 else None)


def can_follow(path: SubjectPath) -> bool:
    """Whether every step leads on by one column. A dataset without personal columns may refer as it likes."""
    return not any(_obstacles(path))


def _obstacles(path: SubjectPath) -> Iterator[tuple[ForeignKey, str]]:
    for at, step in enumerate(path.steps):
        try:
            followed(SubjectPath(subject=path.subject, steps=path.steps[at:]))
        except ValueError as error:
            yield step, str(error)


def _link(key: ForeignKey, subject: Dataset | None) -> tuple[str, str]:
    """The pair of columns of a foreign key that is followed: the one to the subject, or the only one."""
    pairs = list(zip(key.columns, key.target_columns, strict=True))
    wanted = [pair for pair in pairs if pair[1] == subject.subject] if subject else pairs
    if len(wanted) == 1:
        return wanted[0]
    mend = f"refer to {subject.subject}" if subject else "refer by one column"
    raise ValueError(f"erasure cannot follow the reference {', '.join(key.columns)} to {key.dataset}: {mend}")


def subject_hash(subject: Dataset, value: str) -> str:
    """What the register holds of an identifier.

    Raises:
        ValueError: when the value is none of the subject column's type.
    """
    if kind(subject.column(str(subject.subject)).physical_type) == "integer":
        value = str(int(value))
    return hashlib.sha256(f"{subject_name(subject)}:{value}".encode()).hexdigest()


def erased_sql(subject: Dataset, value: str, naming: Naming) -> str:
    """Whether the register holds the identifier that an expression gives; false for NULL."""
    salted = f"{text(subject_name(subject) + ':')} || CAST({value} AS varchar)"
    register = relation(naming.database("staged"), REGISTER)
    hashes = f'SELECT "value_hash" FROM {register} WHERE "subject" = {text(subject_name(subject))}'
    return f"COALESCE(lower(to_hex(sha256(to_utf8({salted})))) IN ({hashes}), false)"


def erased_reference(check: Check, domain: Domain) -> tuple[Dataset, str] | None:
    """The subject's dataset and the referring column, where a reference leads to a person who may be erased."""
    if check.kind is not CheckKind.REFERENTIAL or check.parameters.get("domain", domain.name) != domain.name:
        return None
    targets = check.parameters["columns"]
    for parent in subjects(domain):
        if (
            parent.name == check.parameters["dataset"]
            and isinstance(targets, tuple)
            and parent.subject in targets
        ):
            return parent, check.columns[targets.index(parent.subject)]
    return None


def check_erasable(domain: Domain) -> list[Finding]:
    """What would make an erasure impossible: a key of no exact text, a personal value that may not be empty."""
    return [finding for dataset in domain.datasets for finding in _unerasable(dataset, domain)]


def _unerasable(dataset: Dataset, domain: Domain) -> Iterator[Finding]:
    if dataset.subject and kind(dataset.column(dataset.subject).physical_type) not in _IDENTIFIERS:
        mend = f"identify persons by a column of {' or '.join(_IDENTIFIERS)}"
        yield _finding(dataset, dataset.subject, "is the subject and its type has no exact text", mend)
    for path in subject_paths(dataset, domain):
        emptied = emptied_columns(dataset, path)
        if emptied:
            yield from _untraceable(dataset, path)
        for name in emptied:
            if dataset.column(name).required:
                what = f"is personal data of {subject_name(path.subject)} and required: an erasure could not empty it"
                yield _finding(dataset, name, what, "remove `required: true`, or keep no copy of it here")


def _untraceable(dataset: Dataset, path: SubjectPath) -> Iterator[Finding]:
    for step, what in _obstacles(path):
        yield _finding(dataset, step.columns[0], what, "the person's own row is gone after an erasure")


def _finding(dataset: Dataset, column: str, what: str, mend: str) -> Finding:
    field = f"schema[{dataset.name}].properties[{column}]"
    return Finding(file=dataset.path, line=1, field=field, what=what, mend=mend)
