"""LF-tag expressions: the conditions of a grant by tag, given in place or saved under a name."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_account_id

from local.services.lakeformation import state, tags
from local.services.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

Entry = dict[str, Any]


def create(request: Entry) -> None:
    """Saves an expression under a name.

    Raises:
        Refusal: when the name is taken, or a tag is not defined.
    """
    if request["Name"] in state.expressions:
        raise Refusal("AlreadyExistsException", f"LF-Tag expression already exists: {request['Name']}")
    _put(request)


def update(request: Entry) -> None:
    """Replaces a saved expression; grants by its name follow at once.

    Raises:
        Refusal: when there is none of that name, or a tag is not defined.
    """
    _required(request["Name"])
    _put(request)


def get(request: Entry) -> Entry:
    """One saved expression.

    Raises:
        Refusal: when there is none of that name.
    """
    return _required(request["Name"])


def listed(_request: Entry) -> Entry:
    """Every saved expression."""
    return {"LFTagExpressions": list(state.expressions.values())}


def delete(request: Entry) -> None:
    """Removes a saved expression; grants by its name reach nothing any more.

    Raises:
        Refusal: when there is none of that name.
    """
    _required(request["Name"])
    del state.expressions[request["Name"]]


def holds(policy: Entry, carried: Mapping[str, str]) -> bool:
    """Whether the expression of a tag policy holds for what carries these tags; one that is gone never does.

    Example:
        >>> policy = {"Expression": [{"TagKey": "Zone", "TagValues": ["staged", "curated"]}]}
        >>> holds(policy, {"zone": "curated"}), holds(policy, {"zone": "raw"}), holds(policy, {})
        (True, False, False)
    """
    terms = conditions(policy)
    return bool(terms) and all(
        carried.get(term["TagKey"].lower()) in {value.lower() for value in term["TagValues"]}
        for term in terms
    )


def conditions(policy: Entry) -> list[Entry]:
    """The conditions of a tag policy, looked up when it names a saved expression."""
    if policy.get("ExpressionName"):
        return list((state.expressions.get(policy["ExpressionName"]) or {}).get("Expression") or [])
    return list(policy.get("Expression") or [])


def require_defined(policy: Entry) -> None:
    """Refuses a policy with tags, values or a saved expression that are not there.

    Raises:
        Refusal: naming what is missing.
    """
    if policy.get("ExpressionName"):
        _required(policy["ExpressionName"])
    terms = conditions(policy)
    wrong = tags.undefined(terms)
    if wrong:
        raise Refusal("EntityNotFoundException", " ".join(wrong))
    if not terms:
        raise Refusal("InvalidInputException", "A tag expression needs at least one condition.")


def _put(request: Entry) -> None:
    require_defined({"Expression": request["Expression"]})
    state.expressions[request["Name"]] = {
        "Name": request["Name"],
        "Description": request.get("Description", ""),
        "CatalogId": get_account_id(),
        "Expression": copy.deepcopy(request["Expression"]),
    }


def _required(name: str) -> Entry:
    found: Entry | None = state.expressions.get(name)
    if found is None:
        raise Refusal("EntityNotFoundException", f"LF-Tag expression does not exist: {name}")
    return found
