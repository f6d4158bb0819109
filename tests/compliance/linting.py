"""cfn-lint over many templates: what was judged in one of them is not judged again in the next."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.conftest import Assembly

Template = dict[str, Any]
_SECTIONS = ("Resources", "Outputs")
_WORD = re.compile(r'"(\w+)[".]|\$\{(\w+)')


def findings(assemblies: Iterable[Assembly], lint: Callable[[Template], list[Any]]) -> dict[str, list[str]]:
    """What cfn-lint says of the templates of each environment.

    A resource is judged with all that it refers to. One that was judged with the same in another environment, but for
    the names of the environment and its account, is left out; the environment with the longest name is judged first,
    so that no name is longer than one that was judged.
    """
    judged: set[str] = set()
    found = {}
    for assembly in sorted(assemblies, key=lambda each: -len(each.environment)):
        found[assembly.environment] = [
            f"{stack}: {match.rule.id} {match.message} at {'/'.join(map(str, match.path or []))}"
            for stack, template in assembly.templates.items()
            for match in lint(_unjudged(template, judged, assembly.environment))
            if not _is_jsonata_timeout(match)
        ]
    return found


def _unjudged(template: Template, judged: set[str], environment: str) -> Template:
    """The template without the resources and outputs that were judged, as far as what is left does not need them."""
    parts = {
        (section, name): json.dumps(part)
        for section in _SECTIONS
        for name, part in template.get(section, {}).items()
    }
    others = {section: value for section, value in template.items() if section not in _SECTIONS}
    kept: set[tuple[str, str]] = set()
    name = re.compile(rf"(?<![A-Za-z0-9]){environment}(?![a-z0-9])")
    for place in parts:
        needed = _needed(place, parts)
        text = json.dumps([others, *((part, parts[part]) for part in sorted(needed))])
        meant = re.sub(r"\b\d{12}\b", "ACCOUNT", name.sub("ENVIRONMENT", text))
        if meant not in judged:
            judged.add(meant)
            kept |= needed
    left = {
        section: {name: part for name, part in template[section].items() if (section, name) in kept}
        for section in _SECTIONS
        if section in template
    }
    return {**others, **left}


def _needed(place: tuple[str, str], parts: dict[tuple[str, str], str]) -> set[tuple[str, str]]:
    """A part of a template and everything that it refers to, by whatever function, and so on."""
    found, open_ = {place}, [place]
    while open_:
        for words in _WORD.findall(parts[open_.pop()]):
            for word in filter(None, words):
                resource = ("Resources", word)
                if resource in parts and resource not in found:
                    found.add(resource)
                    open_.append(resource)
    return found


def _is_jsonata_timeout(match: Any) -> bool:
    # With JSONata a timeout may be an expression (Amazon States Language, TimeoutSeconds); cfn-lint wants a number.
    return (
        match.rule.id == "E3601"
        and (match.path or [""])[-1] == "TimeoutSeconds"
        and match.message.startswith("'{% ")
    )
