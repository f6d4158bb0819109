"""Policies on resources: not for everybody, and for other accounts only if they are listed."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from data_platform.guardrails.policy import account_of, listed, statements
from data_platform.guardrails.rule import Rule, Standards

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from data_platform.guardrails.estate import Resource
    from data_platform.guardrails.rule import Surroundings

# Type -> the property that holds the policy. Keys have rules of their own.
_DOCUMENTS: Mapping[str, str] = MappingProxyType(
    {
        "AWS::Backup::BackupVault": "AccessPolicy",
        "AWS::DynamoDB::Table": "ResourcePolicy",
        "AWS::ECR::Repository": "RepositoryPolicyText",
        "AWS::EFS::FileSystem": "FileSystemPolicy",
        "AWS::Events::EventBusPolicy": "Statement",
        "AWS::Glue::ResourcePolicy": "PolicyInJson",
        "AWS::Kinesis::ResourcePolicy": "ResourcePolicy",
        "AWS::Logs::ResourcePolicy": "PolicyDocument",
        "AWS::MSK::ClusterPolicy": "Policy",
        "AWS::OpenSearchService::Domain": "AccessPolicies",
        "AWS::S3::AccessPoint": "Policy",
        "AWS::S3::BucketPolicy": "PolicyDocument",
        "AWS::SNS::TopicPolicy": "PolicyDocument",
        "AWS::SQS::QueuePolicy": "PolicyDocument",
        "AWS::SecretsManager::ResourcePolicy": "ResourcePolicy",
    }
)
# Type -> the property that names one principal or several, without a document.
_PRINCIPALS: Mapping[str, str] = MappingProxyType(
    {
        "AWS::Lambda::Permission": "Principal",
        "AWS::LakeFormation::Permissions": "DataLakePrincipal",
        "AWS::LakeFormation::PrincipalPermissions": "Principal",
        "AWS::RAM::ResourceShare": "Principals",
    }
)


def _document(resource: Resource) -> dict[str, Any]:
    document = resource.properties.get(_DOCUMENTS[resource.type], {})
    if isinstance(document, str):  # Logs takes its policy as JSON text
        document = json.loads(document)
    if "PolicyDocument" in document:  # DynamoDB wraps it
        document = document["PolicyDocument"]
    if "Effect" in document:  # an event bus takes a single statement
        document = {"Statement": [document]}
    return dict(document)


def _named(resource: Resource) -> list[str]:
    return [
        each.get("DataLakePrincipalIdentifier", "") if isinstance(each, dict) else str(each)
        for each in listed(resource.properties.get(_PRINCIPALS[resource.type]))
    ]


def _public(resource: Resource, _: Surroundings) -> Iterator[str]:
    if resource.type in _PRINCIPALS:
        yield from (f"principal {name!r} is everybody" for name in _named(resource) if name == "*")
        return
    for each in statements(_document(resource)):
        everybody = "*" in each.principals.get("AWS", ()) or each.not_principals
        if each.allows and everybody and not each.is_narrowed:
            yield f"statement {each.sid!r} allows {', '.join(each.actions)} to everybody"


def _foreign(resource: Resource, around: Surroundings) -> Iterator[str]:
    if resource.type in _PRINCIPALS:
        for name in _named(resource):
            account = account_of(name)
            if account and not around.expected.trusts(account, resource.stack):
                yield f"it is shared with account {account}"
        return
    for each in statements(_document(resource)):
        if not each.allows:
            continue
        by_principal = {account_of(name) for name in each.principals.get("AWS", ())}
        for account in (by_principal | each.accounts) - {None, "*"}:
            if account and not around.expected.trusts(account, resource.stack):
                yield f"statement {each.sid!r} allows {', '.join(each.actions)} to account {account}"


RULES = (
    Rule(
        id="DP-POLICY-PUBLIC",
        title="No policy on a resource allows everybody.",
        rationale="Anonymous callers and every AWS account count as everybody.",
        fix="Name principals, or narrow `*` by aws:PrincipalOrgID, aws:SourceAccount or aws:SourceVpce.",
        types=(*_DOCUMENTS, *_PRINCIPALS),
        check=_public,
        standards=Standards(
            ism=("1528",),
            cpg_234=("36d", "36e", "36f", "45", "52d", "53"),
            fsbp=("Lambda.1", "S3.2", "S3.3", "S3.6"),
            cis=("2.1.4",),
        ),
    ),
    Rule(
        id="DP-POLICY-FOREIGN",
        title="Resources are shared with other accounts only if these are listed.",
        rationale="A grant to a foreign account is outside our audit and our offboarding.",
        fix="List the account in Expectations.accounts after review, or take the grant away.",
        types=(*_DOCUMENTS, *_PRINCIPALS),
        check=_foreign,
        standards=Standards(ism=("P10",), cpg_234=("36d", "45", "52d", "53"), fsbp=("S3.6",), cis=("1.20",)),
    ),
)
