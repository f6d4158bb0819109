"""Key pairs: the private key of one that CloudFormation makes lies in Parameter Store, and nowhere else."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from local.services.ec2 import key_material

if TYPE_CHECKING:
    from local.services.ec2.key_material import KeyMaterial

Answer = tuple[int, dict[str, str], Any]
Record = dict[str, Any]


def install() -> None:
    """Answer the calls about key pairs, which ministack fills with texts that are no keys."""
    from ministack.services import ec2

    ec2._ACTION_MAP |= {
        "CreateKeyPair": _create,
        "ImportKeyPair": _import,
        "DescribeKeyPairs": _describe,
        "DeleteKeyPair": _delete,
    }


def parameter(key_pair_id: str) -> str:
    """Name of the parameter in which CloudFormation leaves the private key.

    Example:
        >>> parameter("key-0a1b2c3d4e5f60718")
        '/ec2/keypair/key-0a1b2c3d4e5f60718'
    """
    return f"/ec2/keypair/{key_pair_id}"


def add(name: str, material: KeyMaterial) -> Record:
    """Record a key pair under a name that is free.

    Raises:
        ValueError: in the words of EC2.
    """
    from ministack.services import ec2

    if not name:
        raise ValueError("KeyName is required")
    if name in ec2._key_pairs:
        raise ValueError(f"The key pair '{name}' already exists")
    record = {
        "KeyName": name,
        "KeyPairId": f"key-{uuid.uuid4().hex[:17]}",
        "KeyFingerprint": material.fingerprint,
        "KeyType": material.key_type,
        "PublicKey": material.public,
        "CreateTime": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
    }
    ec2._key_pairs[name] = record
    return record


def keep_private(record: Record, material: KeyMaterial) -> None:
    """Put a private key where CloudFormation puts it: a SecureString under EC2's own name.

    Raises:
        ValueError: Parameter Store refuses it.
    """
    from ministack.services import ssm

    status, _, body = ssm._put_parameter(
        {
            "Name": parameter(record["KeyPairId"]),
            "Type": "SecureString",
            "Value": material.private,
            "Description": f"Private key of key pair {record['KeyName']}",
        }
    )
    if status != 200:  # noqa: PLR2004 - HTTP's OK
        raise ValueError(f"the private key could not be stored: {body!r}")


def remove(name: str) -> None:
    """Forget a key pair and the private key that was stored for it; what does not exist counts as removed."""
    from ministack.services import ec2, ssm

    record = ec2._key_pairs.pop(name, None)
    if record is not None:
        ec2._tags.pop(record["KeyPairId"], None)
        ssm._delete_parameter({"Name": parameter(record["KeyPairId"])})


def _create(request: Record) -> Answer:
    from ministack.services import ec2

    try:
        material = key_material.generate(ec2._p(request, "KeyType") or "rsa")
        record = add(ec2._p(request, "KeyName"), material)
    except ValueError as error:
        return _refused(error)
    ec2._parse_tag_specs(request, "key-pair", record["KeyPairId"])
    shown = f"{_xml(record)}<keyMaterial>{material.private}</keyMaterial>"
    answer: Answer = ec2._xml(200, "CreateKeyPairResponse", shown)
    return answer


def _import(request: Record) -> Answer:
    from ministack.services import ec2

    try:
        material = key_material.imported(ec2._p(request, "PublicKeyMaterial"))
        record = add(ec2._p(request, "KeyName"), material)
    except ValueError as error:
        return _refused(error)
    ec2._parse_tag_specs(request, "key-pair", record["KeyPairId"])
    answer: Answer = ec2._xml(200, "ImportKeyPairResponse", _xml(record))
    return answer


def _delete(request: Record) -> Answer:
    from ministack.services import ec2

    named = ec2._p(request, "KeyPairId")
    by_id = (record["KeyName"] for record in ec2._key_pairs.values() if record["KeyPairId"] == named)
    remove(ec2._p(request, "KeyName") or next(by_id, ""))
    answer: Answer = ec2._xml(200, "DeleteKeyPairResponse", "<return>true</return>")
    return answer


def _describe(request: Record) -> Answer:
    from ministack.services import ec2

    names = ec2._parse_member_list(request, "KeyName")
    ids = ec2._parse_member_list(request, "KeyPairId")
    known = list(ec2._key_pairs.values())
    for given, member in ((names, "KeyName"), (ids, "KeyPairId")):
        for one in given:
            if one not in [record[member] for record in known]:
                return _error("InvalidKeyPair.NotFound", f"The key pair '{one}' does not exist")
    filters = ec2._parse_filters(request)
    public = ec2._p(request, "IncludePublicKey").lower() == "true"
    items = "".join(
        f"<item>{_xml(record, public=public)}</item>"
        for record in known
        if (not names or record["KeyName"] in names)
        and (not ids or record["KeyPairId"] in ids)
        and _matches(record, filters)
    )
    answer: Answer = ec2._xml(200, "DescribeKeyPairsResponse", f"<keySet>{items}</keySet>")
    return answer


def _matches(record: Record, filters: dict[str, list[str]]) -> bool:
    from ministack.services import ec2

    members = {"key-name": "KeyName", "key-pair-id": "KeyPairId", "fingerprint": "KeyFingerprint"}
    return bool(ec2._resource_matches_tag_filters(record["KeyPairId"], filters)) and all(
        record[members[name]] in values for name, values in filters.items() if name in members
    )


def _xml(record: Record, *, public: bool = False) -> str:
    from ministack.services import ec2

    key = f"<publicKey>{record.get('PublicKey', '')}</publicKey>" if public else ""
    return (
        f"<keyPairId>{record['KeyPairId']}</keyPairId><keyName>{ec2._esc(record['KeyName'])}</keyName>"
        f"<keyFingerprint>{record['KeyFingerprint']}</keyFingerprint>"
        f"<keyType>{record.get('KeyType', 'rsa')}</keyType><createTime>{record.get('CreateTime', '')}</createTime>"
        f"{key}{ec2._tag_set_xml(record['KeyPairId'])}"
    )


def _refused(error: ValueError) -> Answer:
    code = "InvalidKeyPair.Duplicate" if "already exists" in str(error) else "InvalidParameterValue"
    return _error(code, str(error))


def _error(code: str, message: str) -> Answer:
    from ministack.services import ec2

    answer: Answer = ec2._error(code, message, 400)
    return answer
