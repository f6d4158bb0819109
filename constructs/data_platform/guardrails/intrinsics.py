"""CloudFormation's intrinsic functions as plain text: what a template says once every reference is followed.

Names that CloudFormation would make up are made up here in a fixed way, so that two references to one
resource are always equal. What only a deployment can know stays as `${Name}`.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from data_platform.guardrails.identity import attribute

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from data_platform.guardrails.estate import Estate, Stack

_PLACE = re.compile(r"\$\{(!?[^}]+)\}")
_DEEPEST_REFERENCE = 20
NOTHING = object()
"""What `AWS::NoValue` becomes; the property that holds it is left out."""


class Intrinsics:
    """Resolves the values of one stack, across stacks where an output or an export leads there.

    Args:
        stack: The stack whose values are resolved.
        estate: All stacks of the application.

    Example:
        >>> from data_platform.guardrails.estate import Estate, Stack
        >>> template = {"Resources": {"Raw": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "raw"}}}}
        >>> stack = Stack(name="lake", template=template, account="111111111111", region="ap-southeast-2")
        >>> Intrinsics(stack, Estate([stack])).resolve({"Fn::Sub": "${Raw.Arn}/*"})
        'arn:aws:s3:::raw/*'
    """

    def __init__(self, stack: Stack, estate: Estate) -> None:
        self._stack, self._estate, self._depth = stack, estate, 0
        self._functions: Mapping[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Condition": lambda name: name,
            "Fn::GetAtt": self._get_att,
            "Fn::Join": self._join,
            "Fn::Sub": self._sub,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find_in_map,
            "Fn::If": self._if,
            "Fn::ImportValue": self._import_value,
            "Fn::GetStackOutput": self._stack_output,
            "Fn::Base64": self._base64,
            "Fn::ToJsonString": lambda value: json.dumps(self.resolve(value)),
        }

    def resolve(self, value: Any) -> Any:
        """The value with every intrinsic function followed; texts, numbers, lists and mappings only."""
        if isinstance(value, list):
            return [item for each in value if (item := self.resolve(each)) is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name, argument), *_ = value.items()
            if name in self._functions and (name != "Condition" or isinstance(argument, str)):
                return self._call(name, argument)
        return {key: item for key, each in value.items() if (item := self.resolve(each)) is not NOTHING}

    def _call(self, name: str, argument: Any) -> Any:
        if self._depth > _DEEPEST_REFERENCE:
            return f"${{{name}}}"
        self._depth += 1
        try:
            return self._functions[name](argument)
        finally:
            self._depth -= 1

    def _ref(self, name: str) -> Any:
        pseudo = {
            "AWS::AccountId": self._stack.account,
            "AWS::Region": self._stack.region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": self._stack.name,
            "AWS::NoValue": NOTHING,
        }
        if name in pseudo:
            return pseudo[name]
        if name in self._stack.resources:
            return self._stack.resources[name].ref
        parameter = self._stack.template.get("Parameters", {}).get(name, {})
        if "Default" in parameter and not str(parameter.get("Type", "")).startswith("AWS::SSM::"):
            return parameter["Default"]
        return f"${{{name}}}"

    def _get_att(self, argument: Any) -> Any:
        name, field = argument.split(".", 1) if isinstance(argument, str) else argument
        resource = self._stack.resources.get(name)
        return attribute(resource, self.resolve(field)) if resource else f"${{{name}.{field}}}"

    def _join(self, argument: Any) -> str:
        separator, parts = argument
        resolved = self.resolve(parts)
        return str(separator).join(map(str, resolved if isinstance(resolved, list) else [resolved]))

    def _sub(self, argument: Any) -> str:
        text, variables = (argument, {}) if isinstance(argument, str) else argument

        def fill(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in variables:
                return str(self.resolve(variables[name]))
            if "." in name:
                return str(self._get_att(name))
            return str(self._ref(name))

        return _PLACE.sub(fill, text)

    def _select(self, argument: Any) -> Any:
        index, items = self.resolve(argument)
        if isinstance(items, list) and int(index) < len(items):
            return items[int(index)]
        return f"${{Select {index}}}"

    def _split(self, argument: Any) -> list[str]:
        separator, text = argument
        return str(self.resolve(text)).split(separator)

    def _find_in_map(self, argument: Any) -> Any:
        name, top, second = map(self.resolve, argument[:3])
        found = self._stack.template.get("Mappings", {}).get(name, {}).get(top, {}).get(second)
        return f"${{{name}.{top}.{second}}}" if found is None else found

    def _if(self, argument: Any) -> Any:
        name, yes, no = argument
        return self.resolve(yes if self._holds({"Condition": name}) else no)

    def _holds(self, condition: Any) -> bool:
        """Whether a condition holds with the parameters' defaults, which is what a plain deploy does."""
        ((name, argument),) = condition.items()
        if name == "Condition":
            return self._holds(self._stack.template.get("Conditions", {}).get(argument, {"Fn::Or": []}))
        if name == "Fn::Equals":
            first, second = self.resolve(argument)
            return bool(first == second)
        if name == "Fn::Not":
            return not self._holds(argument[0])
        return (all if name == "Fn::And" else any)(map(self._holds, argument))

    def _import_value(self, argument: Any) -> Any:
        name = self.resolve(argument)
        found = self._estate.exported(name, self._stack)
        return f"${{{name}}}" if found is None else found

    def _stack_output(self, argument: Any) -> Any:
        wanted = self.resolve(argument)
        found = self._estate.output(wanted["StackName"], wanted["OutputName"], self._stack)
        return f"${{{wanted['StackName']}.{wanted['OutputName']}}}" if found is None else found

    def _base64(self, argument: Any) -> str:
        return base64.b64encode(str(self.resolve(argument)).encode()).decode()
