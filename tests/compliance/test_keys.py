"""Every service that needs a customer key is named in that key's policy; CDK leaves it out and no pack notices."""

from __future__ import annotations

import json

# (type of resource, its key property, service principals that must be in the key's policy)
EDGES = (
    ("AWS::Logs::LogGroup", "KmsKeyId", ("logs.ap-southeast-2.amazonaws.com",)),
    ("AWS::SNS::Topic", "KmsMasterKeyId", ("cloudwatch.amazonaws.com",)),
)


def test_each_key_lets_in_the_services_that_use_it(assembly):
    missing = [
        f"{stack}/{logical_id}: the key's policy does not name {service}"
        for kind, property_name, services in EDGES
        for (stack, logical_id), resource in assembly.of_type(kind).items()
        if property_name in resource["Properties"]
        for service in services
        if service not in _services(_key(assembly, stack, resource["Properties"][property_name]))
    ]

    assert missing == []


def test_each_log_group_is_under_a_customer_key(assembly):
    plain = [
        place
        for place, resource in assembly.of_type("AWS::Logs::LogGroup").items()
        if "KmsKeyId" not in resource["Properties"]
    ]

    assert plain == []


def test_no_key_lets_the_whole_account_decrypt(assembly):
    open_keys = [
        place
        for place, resource in assembly.of_type("AWS::KMS::Key").items()
        for statement in resource["Properties"]["KeyPolicy"]["Statement"]
        if "AWS" in statement["Principal"]
        and ({"kms:*", "kms:Decrypt"} & set(_listed(statement["Action"])))
        and "aws:PrincipalArn" not in json.dumps(statement.get("Condition", {}))
    ]

    assert open_keys == []


def _key(assembly, stack, reference):
    """The key resource that a reference means: of the same stack, or another stack's output."""
    if "Fn::GetAtt" in reference:
        return assembly.resources[stack, reference["Fn::GetAtt"][0]]
    if "Ref" in reference:
        return assembly.resources[stack, reference["Ref"]]
    output = reference["Fn::GetStackOutput"]
    producer = output["StackName"]
    return _key(assembly, producer, assembly.templates[producer]["Outputs"][output["OutputName"]]["Value"])


def _services(key):
    return {
        service
        for statement in key["Properties"]["KeyPolicy"]["Statement"]
        if "kms:Decrypt" in _listed(statement["Action"])
        for service in _listed(statement["Principal"].get("Service", []))
    }


def _listed(value):
    return value if isinstance(value, list) else [value]
