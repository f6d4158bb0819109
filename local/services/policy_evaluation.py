"""IAM decides every request, several times each: policies are parsed once, and lists of actions matched once.

ministack parses each document of the caller, of its boundary and of the resource anew for every request, and
matches some hundred patterns one by one. Neither result depends on anything but the text.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from local import hooks

_DOCUMENTS = 4096
_DECISIONS = 65536


def install() -> None:
    """Remember what texts mean."""
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
        return list(parsed(doc)) if isinstance(doc, str) else parse(doc)

    def action_matches(request_action: str, actions: list[str], not_actions: list[str]) -> bool:
        return matched(request_action, tuple(actions), tuple(not_actions))

    hooks.replace(iam_evaluator, "parse_policy_document", parse_document, parameters="doc")
    hooks.replace(
        iam_evaluator, "_action_matches", action_matches, parameters="request_action actions not_actions"
    )
