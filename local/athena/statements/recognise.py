"""Which statement a text is: utility and Hive statements by their pattern, the rest by Trino's grammar."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from local.athena import parameters, translate
from local.athena.errors import AthenaError
from local.athena.statements import (
    alter,
    create_table,
    ctas,
    databases,
    insert,
    maintenance,
    prepared,
    row_changes,
    select,
    show,
    unload,
    view_statements,
)
from local.athena.statements.statement import Statement

if TYPE_CHECKING:
    from local.athena.query import Query
    from local.athena.results import Outcome

_NAME = r"(?P<name>[`\"\w$.-]+)"
_FLAGS = re.IGNORECASE | re.DOTALL

_PATTERNS: tuple[tuple[str, str, str, Any], ...] = (
    (r"SHOW\s+(?:DATABASES|SCHEMAS)(?:\s+LIKE\s+'(?P<pattern>[^']*)')?", "UTILITY", "SHOW_DATABASES", show.databases),
    (
        r"SHOW\s+TABLES(?:\s+(?:IN|FROM)\s+(?P<database>[`\"\w-]+))?(?:\s+(?:LIKE\s+)?'(?P<pattern>[^']*)')?",
        "UTILITY", "SHOW_TABLES", show.tables,
    ),
    (
        r"SHOW\s+VIEWS(?:\s+(?:IN|FROM)\s+(?P<database>[`\"\w-]+))?(?:\s+LIKE\s+'(?P<pattern>[^']*)')?",
        "UTILITY", "SHOW_VIEWS", show.views_of,
    ),
    (rf"SHOW\s+PARTITIONS\s+{_NAME}", "UTILITY", "SHOW_PARTITIONS", show.partitions),
    (rf"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+{_NAME}(?:\s+(?:IN|FROM)\s+(?P<database>[`\"\w-]+))?", "UTILITY",
     "SHOW_COLUMNS", show.columns),
    (rf"SHOW\s+CREATE\s+TABLE\s+{_NAME}", "UTILITY", "SHOW_CREATE_TABLE", show.create_table),
    (rf"SHOW\s+CREATE\s+VIEW\s+{_NAME}", "UTILITY", "SHOW_CREATE_VIEW", show.create_view),
    (rf"SHOW\s+TBLPROPERTIES\s+{_NAME}(?:\s*\(\s*'(?P<key>[^']*)'\s*\))?", "UTILITY", "SHOW_TBLPROPERTIES",
     show.properties),
    (rf"DESC(?:RIBE)?\s+(?:(?P<extended>EXTENDED|FORMATTED)\s+)?{_NAME}", "UTILITY", "DESCRIBE_TABLE", show.describe),
    (rf"MSCK\s+REPAIR\s+TABLE\s+{_NAME}", "DDL", "MSCK_REPAIR_TABLE", maintenance.repair),
    (
        (r"CREATE\s+(?:DATABASE|SCHEMA)\s+(?P<if>IF\s+NOT\s+EXISTS\s+)?(?P<name>[`\"\w-]+)"
        r"(?:\s+COMMENT\s+'(?P<comment>[^']*)')?(?:\s+LOCATION\s+'(?P<location>[^']*)')?"
        r"(?:\s+WITH\s+DBPROPERTIES\s*\((?P<properties>.*)\))?"),
        "DDL", "CREATE_DATABASE", databases.create,
    ),
    (
        r"DROP\s+(?:DATABASE|SCHEMA)\s+(?P<if>IF\s+EXISTS\s+)?(?P<name>[`\"\w-]+)(?:\s+(?P<mode>CASCADE|RESTRICT))?",
        "DDL", "DROP_DATABASE", databases.drop,
    ),
    (rf"DROP\s+TABLE\s+(?P<if>IF\s+EXISTS\s+)?{_NAME}", "DDL", "DROP_TABLE", create_table.drop),
    (rf"DROP\s+VIEW\s+(?P<if>IF\s+EXISTS\s+)?{_NAME}", "DDL", "DROP_VIEW", view_statements.drop),
    (
        rf"CREATE\s+(?P<replace>OR\s+REPLACE\s+)?VIEW\s+{_NAME}\s+AS\s+(?P<query>.+)",
        "DDL", "CREATE_VIEW", view_statements.create,
    ),
    (rf"ALTER\s+TABLE\s+{_NAME}\s+(?P<action>.+)", "DDL", "ALTER_TABLE", alter.alter),
    (rf"OPTIMIZE\s+{_NAME}\s+REWRITE\s+DATA\s+USING\s+BIN_PACK(?:\s+WHERE\s+(?P<where>.+))?", "DML", "OPTIMIZE",
     maintenance.optimize),
    (rf"VACUUM\s+{_NAME}", "DML", "VACUUM", maintenance.vacuum),
    (r"UNLOAD\s*\((?P<query>.+)\)\s*TO\s+'(?P<location>[^']+)'\s*WITH\s*\((?P<options>.*)\)", "DML", "UNLOAD",
     unload.unload),
    (r"PREPARE\s+(?P<name>\w+)\s+FROM\s+(?P<query>.+)", "DDL", "PREPARE", prepared.prepare),
    (r"DEALLOCATE\s+PREPARE\s+(?P<name>\w+)", "DDL", "DEALLOCATE", prepared.deallocate),
)  # fmt: skip
_EXECUTE = re.compile(r"EXECUTE\s+(?P<name>\w+)(?:\s+USING\s+(?P<values>.+))?", _FLAGS)
_EXPLAIN = re.compile(r"EXPLAIN\s+(?P<analyze>ANALYZE\s+)?(?:\([^)]*\)\s*)?(?P<query>.+)", _FLAGS)
_CREATE_TABLE = re.compile(r"CREATE\s+(?:EXTERNAL\s+)?TABLE\b", _FLAGS)
_CTAS = re.compile(r"\bAS\s*\(?\s*(?:SELECT|WITH|VALUES|TABLE)\b", _FLAGS)
_COMPILED = [(re.compile(p, _FLAGS), kind, sub, handler) for p, kind, sub, handler in _PATTERNS if handler]


def recognise(sql: str) -> Statement:
    r"""The statement that a text is.

    Raises:
        AthenaError: SYNTAX_ERROR with line and column.

    Example:
        >>> recognise("SHOW TABLES IN aviation 'f*'").sub, recognise("-- all\nSELECT 1;").kind
        ('SHOW_TABLES', 'DML')
    """
    text = _bare(sql)
    for pattern, kind, sub, handler in _COMPILED:
        found = pattern.fullmatch(text)
        if found:
            return Statement(kind=kind, sub=sub, run=partial(_with_match, handler, found))  # type: ignore[arg-type]
    if _CREATE_TABLE.match(text) and not _CTAS.search(text):
        create_table.check(text)
        return Statement(kind="DDL", sub="CREATE_TABLE", run=partial(create_table.create, sql=text))
    executed = _EXECUTE.fullmatch(text)
    if executed:
        return Statement(kind="DML", sub="EXECUTE", run=partial(_execute, executed))
    explained = _EXPLAIN.fullmatch(text)
    if explained:
        translate.parse(explained["query"])
        analyze = bool(explained["analyze"])
        return Statement(
            kind="UTILITY",
            sub="EXPLAIN",
            run=lambda query: select.explain(query, explained["query"], analyze=analyze),
        )
    return _parsed(sql)


def _parsed(sql: str) -> Statement:
    tree = translate.parse(sql.rstrip().rstrip(";"))
    work: tuple[Any, str, str]
    if isinstance(tree, exp.Insert):
        work = (insert.insert, "DML", "INSERT")
    elif isinstance(tree, exp.Create) and str(tree.kind).upper() == "TABLE":
        work = (ctas.create, "DDL", "CREATE_TABLE_AS_SELECT")
    elif isinstance(tree, exp.Merge):
        work = (row_changes.merge, "DML", "MERGE")
    elif isinstance(tree, exp.Delete):
        work = (row_changes.delete, "DML", "DELETE")
    elif isinstance(tree, exp.Update):
        work = (row_changes.update, "DML", "UPDATE")
    elif isinstance(tree, exp.Query | exp.Values):
        work = (select.select, "DML", "SELECT")
    else:
        word = sql.split(None, 1)[0] if sql.split() else "<EOF>"
        raise AthenaError("SYNTAX_ERROR", f"line 1:1: mismatched input '{word}'")
    handler, kind, sub = work
    return Statement(kind=kind, sub=sub, run=partial(_with_tree, handler, tree))  # type: ignore[arg-type]


def _with_tree(handler: Any, tree: exp.Expression, query: Query) -> Outcome:
    outcome: Outcome = handler(query, parameters.filled(tree, query.parameters))
    return outcome


def _with_match(handler: Any, found: re.Match[str], query: Query) -> Outcome:
    outcome: Outcome = handler(query, found)
    return outcome


def _execute(found: re.Match[str], query: Query) -> Outcome:
    sql = prepared.text(query, found["name"])
    query.parameters = parameters.split(found["values"]) if found["values"] else query.parameters
    return recognise(sql).run(query)


def _bare(sql: str) -> str:
    """The text without leading and trailing comments, spaces and semicolons."""
    text = sql.strip()
    while True:
        stripped = re.sub(r"^(?:--[^\n]*(?:\n|$)|/\*.*?\*/)\s*", "", text, flags=re.DOTALL)
        if stripped == text:
            return text.rstrip().rstrip(";").rstrip()
        text = stripped
