"""Values of parameters that RDS computes from the instance class: `LEAST({DBInstanceClassMemory/9531392},5000)`."""

from __future__ import annotations

import ast
import operator
from typing import Any

from local.services.rds import classes

_CALLS: dict[str, Any] = {"GREATEST": max, "LEAST": min, "SUM": lambda *values: sum(values)}
_OPERATIONS: dict[type[ast.AST], Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.floordiv,
}


def value(text: str, *, instance_class: str, allocated_gib: int) -> str:
    """The value of a parameter on an instance: a formula's result, any other text as it is.

    Raises:
        ValueError: It looks like a formula, but is none that RDS knows.

    Example:
        >>> value("LEAST({DBInstanceClassMemory/9531392},5000)", instance_class="db.t4g.medium", allocated_gib=20)
        '450'
        >>> value("on", instance_class="db.t4g.medium", allocated_gib=20)
        'on'
    """
    if "{" not in text:
        return text
    names = {
        "DBInstanceClassMemory": classes.memory_bytes(instance_class),
        "DBInstanceVCPU": classes.processors(instance_class),
        "AllocatedStorage": allocated_gib << 30,
    }
    plain = text.replace("{", "(").replace("}", ")")
    try:
        return str(int(_evaluated(ast.parse(plain, mode="eval").body, names)))
    except (SyntaxError, KeyError, TypeError, ZeroDivisionError) as error:
        raise ValueError(f"{text!r} is no formula of a DB parameter: {error}") from error


def _evaluated(node: ast.AST, names: dict[str, int]) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.BinOp):
        return _OPERATIONS[type(node.op)](_evaluated(node.left, names), _evaluated(node.right, names))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _CALLS[node.func.id](*(_evaluated(argument, names) for argument in node.args))
    raise TypeError(f"{ast.dump(node)} is not allowed")
