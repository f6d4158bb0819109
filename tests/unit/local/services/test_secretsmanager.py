"""Secrets of templates: what is generated, and that a secret's own policy refuses whom it does not name."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

_GENERATE = {
    "SecretStringTemplate": '{"current": 1}',
    "GenerateStringKey": "1",
    "PasswordLength": 64,
    "ExcludePunctuation": True,
    "IncludeSpace": False,
}


def _secret(name, **properties):
    return {"Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": name, **properties}}}


def _policy(statement, **properties):
    document = {"Version": "2012-10-17", "Statement": [statement]}
    values = {"SecretId": {"Ref": "Secret"}, "ResourcePolicy": document, **properties}
    return {"Policy": {"Type": "AWS::SecretsManager::ResourcePolicy", "Properties": values}}


def _refusal(*readers):
    return {
        "Sid": "Others",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": list(readers)}},
    }


def test_a_generated_value_keeps_to_the_template_and_survives_an_update(aws):
    template = _secret("keys", GenerateSecretString=_GENERATE)
    stack = aws.deploy(template)
    client = aws.client("secretsmanager")
    first = client.get_secret_value(SecretId="keys")["SecretString"]
    content = json.loads(first)
    assert content["current"] == 1
    assert len(content["1"]) == 64
    assert content["1"].isalnum()

    aws.deploy(_secret("keys", GenerateSecretString=_GENERATE, Description="d"), stack=stack)
    assert client.get_secret_value(SecretId="keys")["SecretString"] == first


def test_a_secrets_policy_refuses_even_whom_an_identity_policy_allows(secured_aws):
    aws = secured_aws
    allowed = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    named, other = aws.role(allowed), aws.role(allowed)
    stack = aws.deploy(_secret("guarded", SecretString="s") | _policy(_refusal(named)))

    arn = aws.client("secretsmanager").describe_secret(SecretId="guarded")["ARN"]
    for secret_id in ("guarded", arn):
        assert (
            aws.client_as(named, "secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"] == "s"
        )
        with pytest.raises(ClientError, match="not authorized"):
            aws.client_as(other, "secretsmanager").get_secret_value(SecretId=secret_id)

    aws.deploy(_secret("guarded", SecretString="s") | _policy(_refusal(named, other)), stack=stack)
    assert aws.client_as(other, "secretsmanager").get_secret_value(SecretId="guarded")["SecretString"] == "s"

    aws.deploy(_secret("guarded", SecretString="s"), stack=stack)
    assert "ResourcePolicy" not in aws.client("secretsmanager").get_resource_policy(SecretId="guarded")


def test_an_exact_resource_lets_read_that_secret_only(secured_aws):
    aws = secured_aws
    aws.deploy(_secret("mine", SecretString="m"))
    aws.deploy(_secret("theirs", SecretString="t"))
    arn = aws.client("secretsmanager").describe_secret(SecretId="mine")["ARN"]
    client = aws.client_as(
        aws.role({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arn}),
        "secretsmanager",
    )

    assert client.get_secret_value(SecretId="mine")["SecretString"] == "m"
    with pytest.raises(ClientError, match="not authorized"):
        client.get_secret_value(SecretId="theirs")


def test_a_reference_to_a_secret_is_its_arn(aws):
    parameter = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Name": "/where", "Type": "String", "Value": {"Ref": "Secret"}},
    }
    stack = aws.deploy(_secret("referred", SecretString="s") | {"Parameter": parameter})
    arn = aws.client("secretsmanager").describe_secret(SecretId="referred")["ARN"]
    assert aws.client("ssm").get_parameter(Name="/where")["Parameter"]["Value"] == arn

    aws.delete(stack)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        aws.client("secretsmanager").describe_secret(SecretId="referred")


def test_a_public_policy_is_refused_where_the_template_says_so(aws):
    everybody = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    }
    with pytest.raises(AssertionError, match="BlockPublicPolicy"):
        aws.deploy(_secret("open", SecretString="s") | _policy(everybody, BlockPublicPolicy=True))
