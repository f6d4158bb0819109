"""Texts: regular expressions, JSON, digests and formats."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from local.athena.errors import not_supported
from local.athena.rules.rule import call

if TYPE_CHECKING:
    from local.athena.rules.rule import Rule


def _regexp_replace(node: exp.Expression) -> exp.Expression:
    with_ = node.args.get("replacement")
    if isinstance(with_, exp.Literal):
        with_.replace(exp.Literal.string(re.sub(r"\$(\d)", r"\\\1", with_.name)))
    elif isinstance(with_, exp.Lambda):
        raise not_supported("regexp_replace with a lambda is not available in the embedded engine")
    return node


def _json_path(node: exp.Expression) -> tuple[exp.Expression, exp.Expression]:
    document, path = node.expressions if isinstance(node, exp.Anonymous) else (node.this, node.args["path"])
    return document, exp.Literal.string(re.sub(r"^\s*(lax|strict)\s+", "", path.name))


def _json_value(node: exp.Expression) -> exp.Expression:
    return call("json_extract_string", *_json_path(node))


def _json_exists(node: exp.Expression) -> exp.Expression:
    return call("json_exists", *_json_path(node))


def _regexp_extract(node: exp.Expression) -> exp.Expression:
    group = node.args.get("group") or exp.Literal.number(0)
    return call("TRINO_REGEXP_EXTRACT", node.this, node.expression, group)


def _sha2(node: exp.Expression) -> exp.Expression:
    wide = node.text("length") == "512"
    return call("TRINO_SHA512", node.this) if wide else call("unhex", call("sha256", node.this))


RULES: dict[type, Rule] = {
    exp.RegexpReplace: _regexp_replace,
    exp.RegexpExtract: _regexp_extract,
    exp.StrToMap: lambda n: call(
        "TRINO_SPLIT_TO_MAP", n.this, n.args["pair_delim"], n.args["key_value_delim"]
    ),
    exp.SHA: lambda n: call("unhex", call("sha1", n.this)),
    exp.SHA2Digest: _sha2,
    exp.JSONValue: _json_value,
    exp.Format: lambda n: call("printf", n.this, *n.expressions),
}
NAMED: dict[str, Rule] = {"json_exists": _json_exists}
