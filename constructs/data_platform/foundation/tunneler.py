"""The role of people who open a tunnel: to wake the bastion, to have its key, and to know where databases are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.foundation.bastion_stop import instance_arn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms

# SSH over Session Manager; the document is AWS's own.
_DOCUMENT = "AWS-StartSSHSession"


class TunnelerRole(Construct):
    """Whoever has it reaches the databases' ports, and logs in there as themselves: it has no right in a database.

    Args:
        scope: The construct that owns the role.
        construct_id: Name within its scope.
        name: Public name of the role.
        principals: ARNs of who may take it.
        instance: The bastion.
        key_pair: Its key pair.
        key: Encrypts its disk; whoever starts the host lets EC2 use the key.
        database_arns: The databases, which may be described.
        over_session_manager: Whether SSH goes over Session Manager.
        descriptions: The policy to describe instances and key pairs.

    Example:
        >>> from aws_cdk import aws_ec2 as ec2
        >>> from aws_cdk import aws_kms as kms
        >>> stack = cdk.Stack(env=cdk.Environment(account="111111111111", region="ap-southeast-2"))
        >>> tunneler = TunnelerRole(
        ...     stack, "Tunneler", name="dp-dev-tunneler", principals=["arn:aws:iam::111111111111:root"],
        ...     instance=ec2.CfnInstance(stack, "Host"), key_pair=ec2.CfnKeyPair(stack, "KeyPair", key_name="k"),
        ...     key=kms.Key(stack, "Key"), database_arns=["arn:aws:rds:ap-southeast-2:111111111111:db:shop"],
        ...     over_session_manager=True,
        ...     descriptions=iam.ManagedPolicy.from_managed_policy_name(stack, "Describe", "dp-dev-tunnel"))
        >>> tunneler.role.node.path
        'Default/Tunneler/Role'
    """

    role: iam.Role

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        principals: Sequence[str],
        instance: ec2.CfnInstance,
        key_pair: ec2.CfnKeyPair,
        key: kms.IKey,
        database_arns: Sequence[str],
        over_session_manager: bool,
        descriptions: iam.IManagedPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        self.role = iam.Role(
            self,
            "Role",
            role_name=name,
            description="Opens tunnels to databases through the bastion",
            assumed_by=iam.CompositePrincipal(*(iam.ArnPrincipal(arn) for arn in principals)),
            managed_policies=[descriptions],
        )
        host = instance_arn(instance)
        private_key = stack.format_arn(
            service="ssm", resource="parameter", resource_name=f"ec2/keypair/{key_pair.attr_key_pair_id}"
        )
        document = f"arn:aws:ssm:{stack.region}::document/{_DOCUMENT}"
        statements = [
            _allow("ssm:GetParameter", on=[private_key]),
            _allow("ec2:StartInstances", on=[host]),
            _allow("rds:DescribeDBInstances", on=database_arns),
            self._start_with(key),
        ]
        if over_session_manager:
            statements.append(_allow("ssm:StartSession", on=[host, document]))
        iam.ManagedPolicy(self, "Policy", roles=[self.role], statements=statements)

    def _start_with(self, key: kms.IKey) -> iam.PolicyStatement:
        """Who starts an instance with an encrypted disk lets EC2 use the key, and only EC2, only for that."""
        statement = _allow("kms:CreateGrant", on=[key.key_arn])
        statement.add_condition("Bool", {"kms:GrantIsForAWSResource": "true"})
        statement.add_condition(
            "StringEquals", {"kms:ViaService": f"ec2.{cdk.Stack.of(self).region}.amazonaws.com"}
        )
        return statement


def _allow(*actions: str, on: Sequence[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(on))
