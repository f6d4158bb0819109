"""The statement that judges every raw row of a day and writes it, with its verdict, into the candidate table.

A row that breaks several rules names the first in `_rule`, `_column` and `_value` and all in `_rules`. Of
rows with one key a good one is kept before a bad one, then the one in the last file by name, then the
greatest by its columns: the choice depends on the data alone, so that a repeated run makes the same one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.checks_sql import offends, raw_name, typed_rows
from data_platform.contracts.enforced import columns_of, effective_checks, quarantines
from data_platform.contracts.model import CheckKind
from data_platform.contracts.raw_rows import raw_day, without_erased_values
from data_platform.contracts.references_sql import orphan, parent_join, parent_keys
from data_platform.contracts.sql_text import DAY, RUN, listed, quoted, relation, text
from data_platform.contracts.tables import candidate_columns
from data_platform.contracts.types import kind

if TYPE_CHECKING:
    from data_platform.contracts.model import Check, Dataset, Domain
    from data_platform.contracts.naming import Naming

_ALL_PASS = "CAST(NULL AS varchar)"  # noqa: S105 - no password


def candidate_sql(dataset: Dataset, domain: Domain, naming: Naming) -> str:
    """INSERT of all raw rows of `{ingest_date}` with the verdict of run `{run_id}`."""
    rules = [check for check in effective_checks(dataset) if quarantines(check)]
    # What is wrong with a row itself says more than that it came twice.
    rules.sort(key=lambda rule: rule.kind is CheckKind.UNIQUE)
    target = relation(naming.database("staged"), f"{dataset.name}_candidate")
    typed = typed_rows(dataset, raw_day(dataset, naming), extra=', "$path" AS "_path"')
    emptied = without_erased_values(dataset, domain, naming, '"_all"', extra="_path")
    steps = [
        *([("_all", typed), ("_typed", emptied)] if emptied else [("_typed", typed)]),
        ("_judged", _judged(rules, dataset, domain, naming)),
        ("_ranked", _ranked(rules, dataset)),
    ]
    columns = listed(column.name for column in candidate_columns(dataset))
    ctes = ", ".join(f"{quoted(name)} AS ({sql})" for name, sql in steps)
    return f"INSERT INTO {target} ({columns}) WITH {ctes} {_verdict(rules, dataset)}"


def _flag(rules: list[Check], rule: Check) -> str:
    return quoted(f"_f{rules.index(rule)}")


def _judged(rules: list[Check], dataset: Dataset, domain: Domain, naming: Naming) -> str:
    """Every rule that looks at one row: its id where the row breaks it, in a column of its own."""
    flags, joins = [], []
    for rule in rules:
        if rule.kind is CheckKind.UNIQUE:
            continue
        condition = ""
        if rule.kind is CheckKind.REFERENTIAL:
            parent = quoted(f"_p{rules.index(rule)}")
            keys = parent_keys(rule, dataset, domain, naming, own_rows='"_typed"')
            joins.append(f" LEFT JOIN ({keys}) AS {parent} ON {parent_join(rule, parent)}")
            condition = orphan(rule, parent, domain, naming)
        else:
            condition = offends(rule, dataset)
        flags.append(f", CASE WHEN {condition} THEN {text(rule.id)} END AS {_flag(rules, rule)}")
    return f'SELECT "_typed".*{"".join(flags)} FROM "_typed"{"".join(joins)}'


def _ranked(rules: list[Check], dataset: Dataset) -> str:
    """Every uniqueness rule: its id for all rows of a key but the one that is kept."""
    others = [rule for rule in rules if rule.kind is not CheckKind.UNIQUE]
    good_first = f"CASE WHEN {_all_broken(rules, others)} IS NULL THEN 0 ELSE 1 END, " if others else ""
    order = good_first + ", ".join(['"_path" DESC', *_tie_break(dataset)])
    flags = []
    for rule in rules:
        if rule.kind is not CheckKind.UNIQUE:
            continue
        names = columns_of(rule)
        complete = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in names)
        place = f"row_number() OVER (PARTITION BY {listed(names)} ORDER BY {order})"
        flags.append(
            f", CASE WHEN {complete} AND {place} > 1 THEN {text(rule.id)} END AS {_flag(rules, rule)}"
        )
    return f'SELECT *{"".join(flags)} FROM "_judged"'


def _tie_break(dataset: Dataset) -> list[str]:
    return [
        f"{quoted(raw_name(column))} DESC"
        for column in dataset.columns
        if kind(column.source_type) != "binary"
    ]


def _all_broken(rules: list[Check], some: list[Check]) -> str:
    if not some:
        return _ALL_PASS
    flags = ", ".join(_flag(rules, rule) for rule in some)
    return f"NULLIF(concat_ws(',', {flags}), '')"


def _verdict(rules: list[Check], dataset: Dataset) -> str:
    raw = listed(raw_name(column) for column in dataset.columns)
    first = [
        _first(rules, [text(rule.kind.value) for rule in rules]),
        _first(rules, [text(", ".join(columns_of(rule))) for rule in rules]),
        _first(rules, [_shown(rule, dataset) for rule in rules]),
    ]
    return f'SELECT {raw}, {DAY}, {RUN}, {", ".join(first)}, {_all_broken(rules, rules)} FROM "_ranked"'


def _first(rules: list[Check], results: list[str]) -> str:
    arms = " ".join(
        f"WHEN {_flag(rules, rule)} IS NOT NULL THEN {result}"
        for rule, result in zip(rules, results, strict=True)
    )
    return f"CASE {arms} END" if arms else _ALL_PASS


def _shown(rule: Check, dataset: Dataset) -> str:
    """The offending raw values as text, `NULL` where one is missing among several."""
    names = [quoted(raw_name(dataset.column(name))) for name in columns_of(rule)]
    if len(names) == 1:
        return f"CAST({names[0]} AS varchar)"
    return " || ', ' || ".join(f"COALESCE(CAST({name} AS varchar), 'NULL')" for name in names)
