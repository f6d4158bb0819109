"""All stacks of an application as guardrails see them: each template read once, each resource resolved when asked."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_platform.guardrails import identity
from data_platform.guardrails.intrinsics import Intrinsics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ARN_REGION = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:([a-z]{2}(?:-[a-z]+)+-\d):")


class Resource:
    """One resource of one stack.

    Args:
        stack: The stack that holds it.
        logical_id: Its key in the template.
        declared: What the template says about it.
    """

    def __init__(self, stack: Stack, logical_id: str, declared: Mapping[str, Any]) -> None:
        self.stack, self.logical_id = stack, logical_id
        self.type: str = declared["Type"]
        self.raw: Mapping[str, Any] = declared.get("Properties") or {}
        self.deletion_policy: str = declared.get("DeletionPolicy", "")
        self.replace_policy: str = declared.get("UpdateReplacePolicy", "")

    def resolve(self, value: Any) -> Any:
        """A value of this resource's template with its references followed."""
        return self.stack.intrinsics.resolve(value)

    @cached_property
    def properties(self) -> dict[str, Any]:
        """Its properties with every reference followed."""
        resolved: dict[str, Any] = self.resolve(dict(self.raw))
        return resolved

    @cached_property
    def name(self) -> str:
        """Its physical name."""
        return identity.name(self)

    @cached_property
    def arn(self) -> str:
        """Its ARN."""
        return identity.arn(self)

    @cached_property
    def ref(self) -> str:
        """What `Ref` gives for it."""
        return identity.ref(self)


@dataclass(eq=False, kw_only=True)
class Stack:
    """One template and where it is deployed.

    Args:
        name: The stack's public name.
        template: The template as synthesised.
        account: The 12-digit account; `${AWS::AccountId}` where the application does not say.
        region: The region, likewise.
        path: The template's file; empty for a template that lies in none.
        protected: Whether the stack has termination protection.
    """

    name: str
    template: Mapping[str, Any]
    account: str = "${AWS::AccountId}"
    region: str = "${AWS::Region}"
    path: str = ""
    protected: bool = False
    text: str = field(default="", repr=False)
    intrinsics: Intrinsics = field(init=False, repr=False)

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """Resource by logical id."""
        declared = self.template.get("Resources", {})
        return {key: Resource(self, key, each) for key, each in declared.items()}

    @cached_property
    def arn_regions(self) -> frozenset[str]:
        """The regions that ARNs of the template name."""
        return frozenset(_ARN_REGION.findall(self.text or json.dumps(self.template)))

    @property
    def first(self) -> Resource | None:
        """The resource under which a finding about the whole stack is reported."""
        return next(iter(self.resources.values()), None)


class Estate:
    """All stacks together.

    Args:
        stacks: The stacks of the application.

    Example:
        >>> template = {"Resources": {"Key": {"Type": "AWS::KMS::Key"},
        ...   "Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"KmsKeyId": {"Fn::GetAtt": ["Key", "Arn"]}}}}}
        >>> stack = Stack(name="s", template=template, account="111111111111", region="ap-southeast-2")
        >>> log = Estate([stack]).of_type("AWS::Logs::LogGroup")[0]
        >>> Estate([stack]).find(log.properties["KmsKeyId"], log).logical_id
        'Key'
    """

    def __init__(self, stacks: Iterable[Stack]) -> None:
        self.stacks = tuple(stacks)
        self._outputs: dict[tuple[str, str, str, str], Any] = {}
        for stack in self.stacks:
            stack.intrinsics = Intrinsics(stack, self)

    @cached_property
    def _by_type(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for stack in self.stacks:
            for resource in stack.resources.values():
                found.setdefault(resource.type, []).append(resource)
        return found

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], list[Resource]]:
        """Resources by account and any text that means them; a role and a workgroup may share a name."""
        found: dict[tuple[str, str], list[Resource]] = {}
        for stack in self.stacks:
            for resource in stack.resources.values():
                for text in {resource.arn, resource.ref, resource.arn.removesuffix(":*")}:
                    found.setdefault((stack.account, text), []).append(resource)
        for alias in self.of_type("AWS::KMS::Alias"):
            account, properties = alias.stack.account, alias.properties
            keys = found.get((account, str(properties.get("TargetKeyId", ""))), [])
            found.setdefault((account, properties["AliasName"]), [])[:0] = keys
        return found

    def of_type(self, *types: str) -> list[Resource]:
        """Every resource of these types."""
        return [resource for each in types for resource in self._by_type.get(each, ())]

    def find(self, text: Any, near: Resource) -> Resource | None:
        """The resource of the same account that an ARN, a `Ref` or a key's alias means; None for any other."""
        return next(iter(self._meant(text, near)), None)

    def find_typed(self, text: Any, near: Resource, *types: str) -> Resource | None:
        """Like `find`, but only a resource of one of these types, also where others share its name."""
        return next((each for each in self._meant(text, near) if each.type in types), None)

    def _meant(self, text: Any, near: Resource) -> list[Resource]:
        if not isinstance(text, str):
            return []
        if ":alias/" in text:
            text = text[text.index("alias/") :]
        return self._by_name.get((near.stack.account, text), [])

    def output(self, stack_name: str, output: str, near: Stack) -> Any:
        """The value of another stack's output; None when no stack has it."""
        place = (near.account, near.region, stack_name, output)
        if place not in self._outputs:
            self._outputs[place] = None
            for stack in self.stacks:
                declared = stack.template.get("Outputs", {}).get(output)
                if declared and (stack.name, stack.account) == (stack_name, near.account):
                    self._outputs[place] = stack.intrinsics.resolve(declared["Value"])
        return self._outputs[place]

    def exported(self, name: str, near: Stack) -> Any:
        """The value that a stack of the same account and region exports under a name; None when none does."""
        for stack in self.stacks:
            if (stack.account, stack.region) != (near.account, near.region):
                continue
            for output in stack.template.get("Outputs", {}).values():
                if "Export" in output and stack.intrinsics.resolve(output["Export"]["Name"]) == name:
                    return stack.intrinsics.resolve(output["Value"])
        return None


def read_estate(template_paths: Iterable[str]) -> Estate:
    """The stacks of a cloud assembly, each template and each manifest read once.

    Args:
        template_paths: Template files; the `manifest.json` beside each says where its stack is deployed.
    """
    manifests: dict[Path, dict[str, dict[str, Any]]] = {}
    stacks = []
    for file in map(Path, template_paths):
        if file.parent not in manifests:
            manifests[file.parent] = _artifacts(file.parent / "manifest.json")
        artifacts = manifests[file.parent]
        own = artifacts.get(file.name) or next(
            iter(artifacts.values()), {}
        )  # a nested stack: its parent's place
        account, region = _place(own.get("environment", ""))
        properties = own.get("properties", {}) if file.name in artifacts else {}
        text = file.read_text()
        stacks.append(
            Stack(
                name=properties.get("stackName", file.name.split(".")[0]),
                template=json.loads(text),
                account=account,
                region=region,
                path=str(file),
                protected=properties.get("terminationProtection", False),
                text=text,
            )
        )
    return Estate(stacks)


def _artifacts(manifest: Path) -> dict[str, dict[str, Any]]:
    artifacts = json.loads(manifest.read_text())["artifacts"] if manifest.exists() else {}
    return {
        artifact["properties"]["templateFile"]: artifact
        for artifact in artifacts.values()
        if artifact["type"] == "aws:cloudformation:stack"
    }


def _place(environment: str) -> tuple[str, str]:
    account, _, region = environment.removeprefix("aws://").partition("/")
    return (
        "${AWS::AccountId}" if account in ("", "unknown-account") else account,
        "${AWS::Region}" if region in ("", "unknown-region") else region,
    )
