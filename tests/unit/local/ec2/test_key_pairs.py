"""Key pairs that CloudFormation makes are real, and their private key lies in Parameter Store only."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import uuid

import pytest
from botocore.exceptions import ClientError


def pair(name: str, **properties: object) -> dict:
    return {"Key": {"Type": "AWS::EC2::KeyPair", "Properties": {"KeyName": name, **properties}}}


@pytest.fixture
def name() -> str:
    return f"pair-{uuid.uuid4().hex[:8]}"


def described(aws, name):
    [found] = aws.client("ec2").describe_key_pairs(KeyNames=[name], IncludePublicKey=True)["KeyPairs"]
    return found


def private(aws, name):
    key = f"/ec2/keypair/{described(aws, name)['KeyPairId']}"
    return aws.client("ssm").get_parameter(Name=key, WithDecryption=True)["Parameter"]


@pytest.mark.parametrize(
    ("key_type", "begins"), [("rsa", "-----BEGIN RSA"), ("ed25519", "-----BEGIN OPENSSH")]
)
def test_the_stored_private_key_is_the_one_of_the_public_key(aws, name, tmp_path, key_type, begins):
    aws.deploy(pair(name, KeyType=key_type))
    stored = private(aws, name)
    assert stored["Type"] == "SecureString"
    assert stored["Value"].startswith(begins)
    file = tmp_path / "key"
    file.touch(mode=0o600)
    file.write_text(stored["Value"])
    told = subprocess.run(["ssh-keygen", "-y", "-f", file], capture_output=True, text=True, check=True).stdout
    assert told.split()[:2] == described(aws, name)["PublicKey"].split()[:2]


def test_the_fingerprint_of_an_ed25519_key_is_its_sha256(aws, name):
    aws.deploy(pair(name, KeyType="ed25519"))
    found = described(aws, name)
    blob = base64.b64decode(found["PublicKey"].split()[1])
    assert found["KeyFingerprint"] == base64.b64encode(hashlib.sha256(blob).digest()).decode()


def test_templates_can_refer_to_id_and_fingerprint(aws, name):
    outputs = {
        "Id": {"Value": {"Fn::GetAtt": ["Key", "KeyPairId"]}},
        "Print": {"Value": {"Fn::GetAtt": ["Key", "KeyFingerprint"]}},
        "Name": {"Value": {"Ref": "Key"}},
    }
    stack = aws.deploy(pair(name), Outputs=outputs)
    told = {
        entry["OutputKey"]: entry["OutputValue"]
        for entry in aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    }
    found = described(aws, name)
    assert told == {"Id": found["KeyPairId"], "Print": found["KeyFingerprint"], "Name": name}


def test_only_who_may_read_the_parameter_gets_the_private_key(secured_aws, name):
    secured_aws.deploy(pair(name))
    identity = described(secured_aws, name)["KeyPairId"]
    arn = f"arn:aws:ssm:{secured_aws.endpoint.region}:{secured_aws.endpoint.account}:parameter/ec2/keypair/"
    allow = {"Effect": "Allow", "Action": "ssm:GetParameter"}
    reader = secured_aws.role({**allow, "Resource": arn + identity})
    other = secured_aws.role({**allow, "Resource": arn + "key-0123456789abcdef0"})
    wanted = {"Name": f"/ec2/keypair/{identity}", "WithDecryption": True}
    assert "PRIVATE KEY" in secured_aws.client_as(reader, "ssm").get_parameter(**wanted)["Parameter"]["Value"]
    with pytest.raises(ClientError, match="not authorized to perform: ssm:GetParameter"):
        secured_aws.client_as(other, "ssm").get_parameter(**wanted)


def test_a_public_key_can_be_imported_and_then_nothing_is_stored(aws, name, tmp_path):
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "own"],
        check=True,
        capture_output=True,
    )
    public = (tmp_path / "own.pub").read_text()
    aws.deploy(pair(name, PublicKeyMaterial=public))
    found = described(aws, name)
    assert found["PublicKey"].split()[1] == public.split()[1]
    with pytest.raises(ClientError, match="ParameterNotFound"):
        private(aws, name)


def test_what_is_no_public_key_is_refused(aws, name):
    with pytest.raises(AssertionError, match="not in valid OpenSSH public key format"):
        aws.deploy(pair(name, PublicKeyMaterial="ssh-rsa nonsense"))


def test_a_name_that_is_taken_is_refused(aws, name):
    aws.deploy(pair(name))
    with pytest.raises(AssertionError, match="already exists"):
        aws.deploy(pair(name))


def test_tags_change_in_place_and_another_name_is_another_pair(aws, name):
    stack = aws.deploy(pair(name, Tags=[{"Key": "a", "Value": "1"}]))
    before = described(aws, name)
    aws.deploy(pair(name, Tags=[{"Key": "a", "Value": "2"}]), stack=stack)
    after = described(aws, name)
    assert after["KeyPairId"] == before["KeyPairId"]
    assert {"Key": "a", "Value": "2"} in after["Tags"]
    aws.deploy(pair(f"{name}-2"), stack=stack)
    assert described(aws, f"{name}-2")["KeyPairId"] != before["KeyPairId"]
    with pytest.raises(ClientError, match="NotFound"):
        described(aws, name)


def test_with_the_stack_goes_the_private_key(aws, name):
    stack = aws.deploy(pair(name))
    key = f"/ec2/keypair/{described(aws, name)['KeyPairId']}"
    aws.delete(stack)
    with pytest.raises(ClientError, match="ParameterNotFound"):
        aws.client("ssm").get_parameter(Name=key)


def test_a_pair_made_by_a_call_answers_its_private_key_once_and_stores_nothing(aws, name):
    made = aws.client("ec2").create_key_pair(KeyName=name, KeyType="ed25519")
    assert made["KeyMaterial"].startswith("-----BEGIN OPENSSH")
    with pytest.raises(ClientError, match="ParameterNotFound"):
        private(aws, name)
    aws.client("ec2").delete_key_pair(KeyPairId=made["KeyPairId"])
    with pytest.raises(ClientError, match="NotFound"):
        described(aws, name)
