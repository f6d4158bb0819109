"""AWS::DynamoDB::Table: encryption, recovery, expiry and protection, through the API that owns each."""

from __future__ import annotations

from typing import Any

from local.cloudformation.extension import boolean, extend

_REFUSED = 400


def install() -> None:
    """Complete the table's handler; a protected table cannot be deleted by its stack either."""
    from ministack.services.cloudformation import provisioners

    extend("AWS::DynamoDB::Table", _complete)
    handlers = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
    old_delete = handlers["delete"]

    def delete(physical_id: str, props: dict[str, Any]) -> None:
        from ministack.services import dynamodb

        table = dynamodb._tables.get(physical_id)
        if table and boolean(table.get("DeletionProtectionEnabled")):
            raise ValueError(
                f"Resource cannot be deleted as it is currently protected against deletion: table {physical_id}. "
                "Disable deletion protection first."
            )
        old_delete(physical_id, props)

    handlers["delete"] = delete


def _complete(name: str, props: dict[str, Any], old: dict[str, Any]) -> None:
    from ministack.services import dynamodb

    table = dynamodb._tables[name]
    table["DeletionProtectionEnabled"] = boolean(props.get("DeletionProtectionEnabled", False))
    table["SSEDescription"] = _encryption(props.get("SSESpecification") or {})
    if "TableClass" in props:
        table["TableClassSummary"] = {"TableClass": props["TableClass"]}
    recovery = props.get("PointInTimeRecoverySpecification")
    if recovery or old.get("PointInTimeRecoverySpecification"):
        enabled = boolean((recovery or {}).get("PointInTimeRecoveryEnabled", False))
        specification: dict[str, Any] = {"PointInTimeRecoveryEnabled": enabled}
        if enabled and (recovery or {}).get("RecoveryPeriodInDays"):
            specification["RecoveryPeriodInDays"] = int((recovery or {})["RecoveryPeriodInDays"])
        request = {"TableName": name, "PointInTimeRecoverySpecification": specification}
        _answered(dynamodb._update_continuous_backups(request), "PointInTimeRecoverySpecification")
    _expiry(name, props.get("TimeToLiveSpecification"), old.get("TimeToLiveSpecification"))


def _encryption(specification: dict[str, Any]) -> dict[str, Any] | None:
    """The table's encryption as DescribeTable shows it; None for the key that DynamoDB owns."""
    from ministack.core.responses import get_account_id, get_region

    if not boolean(specification.get("SSEEnabled", False)):
        return None
    key = str(specification.get("KMSMasterKeyId") or "alias/aws/dynamodb")
    arn = key if key.startswith("arn:") else f"arn:aws:kms:{get_region()}:{get_account_id()}:{_key_path(key)}"
    return {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": arn}


def _key_path(key: str) -> str:
    return key if key.startswith("alias/") else f"key/{key}"


def _expiry(name: str, new: dict[str, Any] | None, old: dict[str, Any] | None) -> None:
    from ministack.services import dynamodb

    wanted = new or ({**old, "Enabled": False} if old else None)
    if wanted is None or new == old:
        return
    request = {
        "TableName": name,
        "TimeToLiveSpecification": {
            "AttributeName": wanted["AttributeName"],
            "Enabled": boolean(wanted.get("Enabled", False)),
        },
    }
    _answered(dynamodb._update_ttl(request), "TimeToLiveSpecification")


def _answered(response: Any, what: str) -> None:
    if response[0] >= _REFUSED:
        raise ValueError(f"AWS::DynamoDB::Table {what}: {response[2]!r}")
