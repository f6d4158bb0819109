"""IAM decides every request, several times each: policies are parsed once, and actions matched once a document.

ministack parses each document of the caller, of its boundary and of the resource anew for every request, and
matches some hundred patterns one by one. Neither result depends on anything but the text. Who calls, it asks of the
caller's policies as well, which nobody reads.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from local import hooks

_DOCUMENTS = 4096
_DECISIONS = 65536


class _Document(list[Any]):
    """The statements of a policy, and the text that they are."""

    def __init__(self, text: str, statements: list[Any]) -> None:
        super().__init__(statements)
        self.text = text


def install() -> None:
    """Remember what texts mean, and resolve who calls without their policies."""
    _remember_documents()
    _remember_resource_policies()
    _resolve_callers()


def _remember_documents() -> None:
    from ministack.core import iam_evaluator

    parse, matches = iam_evaluator.parse_policy_document, iam_evaluator._action_matches

    @lru_cache(_DOCUMENTS)
    def parsed(text: str) -> Any:
        return parse(text)

    @lru_cache(_DECISIONS)
    def matched(request_action: str, actions: tuple[str, ...], not_actions: tuple[str, ...]) -> bool:
        return bool(matches(request_action, list(actions), list(not_actions)))

    def parse_document(doc: Any) -> Any:
        # Whoever asks gets a list of its own; the statements in it are read only.
        return _Document(doc, parsed(doc)) if isinstance(doc, str) else parse(doc)

    def action_matches(request_action: str, actions: list[str], not_actions: list[str]) -> bool:
        return matched(request_action, tuple(actions), tuple(not_actions))

    @lru_cache(_DECISIONS)
    def fitting(text: str, request_action: str) -> list[Any]:
        return [one for one in parsed(text) if action_matches(request_action, one.actions, one.not_actions)]

    def of_action(layer: list[Any], request_action: str) -> list[Any]:
        return [fitting(one.text, request_action) if isinstance(one, _Document) else one for one in layer]

    def evaluate(ctx: Any, policies: list[Any], *limits: list[Any]) -> Any:
        layers = (of_action(layer, ctx.action) for layer in (policies, *limits))
        return decide(ctx, *layers)

    decide = hooks.replace(iam_evaluator, "evaluate", evaluate, parameters="ctx policies limits")
    hooks.replace(iam_evaluator, "parse_policy_document", parse_document, parameters="doc")
    hooks.replace(
        iam_evaluator, "_action_matches", action_matches, parameters="request_action actions not_actions"
    )


def _remember_resource_policies() -> None:
    from ministack.core import iam_evaluator

    @lru_cache(_DOCUMENTS)
    def loaded(text: str) -> Any:
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return None

    def evaluate(doc: Any, *given: Any, **named: Any) -> Any:
        # Read only: the statements that apply are parsed into new ones.
        return old(loaded(doc) if isinstance(doc, str) else doc, *given, **named)

    old = hooks.replace(
        iam_evaluator,
        "evaluate_resource_policy",
        evaluate,
        parameters="doc ctx service named_only direct_only",
    )


def _resolve_callers() -> None:
    from ministack.core import iam_evaluator, responses
    from ministack.core.router import extract_access_key_id

    def caller_arn(headers: Any, query_params: Any = None) -> str:
        account = responses.get_account_id()
        key = extract_access_key_id(headers or {}, query_params or {})
        account_of_key = responses._account_from_sts_session(key) or account
        found = iam_evaluator.resolve_credential(key, account_of_key) if key else None
        return getattr(found, "principal_arn", "") or f"arn:aws:iam::{account}:root"

    hooks.replace(iam_evaluator, "request_caller_arn", caller_arn, parameters="headers query_params")
