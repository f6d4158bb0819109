"""Data on its way and at its broker: TLS only, known clients only, under a customer key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.guardrails.policy import listed
from data_platform.guardrails.rule import Rule, Standards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.guardrails.estate import Resource
    from data_platform.guardrails.rule import Surroundings

_GROUPS = ("AWS::RDS::DBParameterGroup", "AWS::RDS::DBClusterParameterGroup")
_TRUE = ("1", "true", "on")
_IN_TRANSIT = Standards(
    ism=("1552", "P7"),
    cpg_234=("54", "Attachment E 1(a)(b)(d)"),
    fsbp=("MSK.1", "RDS.38", "RDS.39", "Redshift.2"),
)


def _msk_transport(cluster: Resource, _: Surroundings) -> Iterator[str]:
    given = cluster.properties.get("EncryptionInfo", {}).get("EncryptionInTransit", {})
    if given.get("ClientBroker", "TLS") != "TLS":
        yield f"ClientBroker is {given['ClientBroker']}, not TLS"
    if str(given.get("InCluster", True)).lower() == "false":
        yield "InCluster is false"


def _msk_key(cluster: Resource, _: Surroundings) -> Iterator[str]:
    key = cluster.properties.get("EncryptionInfo", {}).get("EncryptionAtRest", {}).get("DataVolumeKMSKeyId")
    if not key or str(key).endswith("alias/aws/kafka"):
        yield "EncryptionAtRest names no customer key"


def _msk_clients(cluster: Resource, _: Surroundings) -> Iterator[str]:
    given = cluster.properties.get("ClientAuthentication", {})
    if str(given.get("Unauthenticated", {}).get("Enabled", "not set")).lower() != "false":
        yield "ClientAuthentication.Unauthenticated.Enabled is not explicitly false"
    sasl = given.get("Sasl", {})
    ways = [sasl.get("Iam", {}), sasl.get("Scram", {}), given.get("Tls", {})]
    if not any(str(way.get("Enabled", "")).lower() == "true" for way in ways):
        yield "no way to authenticate (IAM, SCRAM, TLS) is enabled"


def _msk_iam(cluster: Resource, _: Surroundings) -> Iterator[str]:
    given = cluster.properties.get("ClientAuthentication", {})
    sasl = given.get("Sasl", {})
    if str(sasl.get("Iam", {}).get("Enabled", "not set")).lower() != "true":
        yield "Sasl.Iam.Enabled is not true"
    others = {"Sasl.Scram": sasl.get("Scram", {}), "Tls": given.get("Tls", {})}
    for name, way in others.items():
        if str(way.get("Enabled", False)).lower() != "false" or way.get("CertificateAuthorityArnList"):
            yield f"{name} is another way in, which no policy of IAM bounds"


def _topic_kept(topic: Resource, _: Surroundings) -> Iterator[str]:
    policies = {"DeletionPolicy": topic.deletion_policy, "UpdateReplacePolicy": topic.replace_policy}
    for name, value in policies.items():
        if value not in ("Retain", "RetainExceptOnCreate"):
            yield f"{name} is {value or 'not set'}; allowed: Retain, RetainExceptOnCreate"


def _rds(database: Resource, around: Surroundings) -> Iterator[str]:
    engine = str(database.properties.get("Engine", ""))
    if "DBClusterIdentifier" in database.properties:
        return  # the cluster's parameters hold
    if "postgres" in engine:
        parameter = "rds.force_ssl"
    elif "mysql" in engine or "mariadb" in engine:
        parameter = "require_secure_transport"
    else:
        return
    named = database.properties.get(
        "DBParameterGroupName", database.properties.get("DBClusterParameterGroupName")
    )
    group = around.estate.find_typed(named, database, *_GROUPS)
    value = group.properties.get("Parameters", {}).get(parameter) if group else None
    if str(value).lower() not in _TRUE:
        where = f"{group.logical_id} sets {parameter} to {value}" if group else "it names no parameter group"
        yield f"{where}; {parameter} must be 1"


def _redshift(cluster: Resource, around: Surroundings) -> Iterator[str]:
    value: Any
    if cluster.type == "AWS::RedshiftServerless::Workgroup":
        values = _parameters(cluster.properties.get("ConfigParameters"), "ParameterKey")
    else:
        group = around.estate.find_typed(
            cluster.properties.get("ClusterParameterGroupName"),
            cluster,
            "AWS::Redshift::ClusterParameterGroup",
        )
        values = _parameters(group.properties.get("Parameters") if group else None, "ParameterName")
    value = values.get("require_ssl", "not set")
    if value.lower() not in _TRUE:
        yield f"require_ssl is {value}; it must be true"


def _parameters(given: Any, key: str) -> dict[str, str]:
    return {str(each[key]): str(each["ParameterValue"]) for each in listed(given)}


RULES = (
    Rule(
        id="DP-TLS-MSK",
        title="Kafka speaks TLS only, with clients and between brokers.",
        rationale="TLS_PLAINTEXT and PLAINTEXT let a client read and write in clear text.",
        fix="Set EncryptionInTransit to ClientBroker TLS and InCluster true.",
        types=("AWS::MSK::Cluster",),
        check=_msk_transport,
        standards=_IN_TRANSIT,
    ),
    Rule(
        id="DP-TLS-RDS",
        title="A database refuses connections without TLS.",
        rationale="The engine's default depends on its version; a parameter group says it.",
        fix='Give it a parameter group with rds.force_ssl "1" (PostgreSQL) or require_secure_transport "1".',
        types=("AWS::RDS::DBInstance", "AWS::RDS::DBCluster"),
        check=_rds,
        standards=_IN_TRANSIT,
    ),
    Rule(
        id="DP-TLS-REDSHIFT",
        title="Redshift refuses connections without TLS.",
        rationale="require_ssl is false by default, and then a driver may fall back to clear text.",
        fix='Set require_ssl "true" in the parameter group, or in ConfigParameters of the workgroup.',
        types=("AWS::Redshift::Cluster", "AWS::RedshiftServerless::Workgroup"),
        check=_redshift,
        standards=_IN_TRANSIT,
    ),
    Rule(
        id="DP-MSK-KEY",
        title="Kafka's volumes are under a customer key.",
        rationale="Topics hold the same data as the lake; the lake's key separation would end at the broker.",
        fix="Set EncryptionAtRest.DataVolumeKMSKeyId.",
        types=("AWS::MSK::Cluster",),
        check=_msk_key,
        standards=Standards(ism=("459",), cpg_234=("52c", "54", "Attachment E 1(a)(b)(d)")),
    ),
    Rule(
        id="DP-MSK-CLIENTS",
        title="Kafka knows every client.",
        rationale="With unauthenticated access, whoever reaches the broker reads every topic.",
        fix="Set Unauthenticated.Enabled to false and Sasl.Iam.Enabled to true.",
        types=("AWS::MSK::Cluster",),
        check=_msk_clients,
        standards=Standards(ism=("P10",), cpg_234=("36d", "45"), fsbp=("MSK.6",)),
    ),
    Rule(
        id="DP-MSK-IAM",
        title="IAM is the only way into Kafka.",
        rationale="Who logs in by password or certificate is bounded by Kafka's own ACLs, and without ACLs by nothing: "
        "no role, no boundary and no cluster policy holds there.",
        fix="Set Sasl.Iam.Enabled to true, Sasl.Scram.Enabled and Tls.Enabled to false.",
        types=("AWS::MSK::Cluster", "AWS::MSK::ServerlessCluster"),
        check=_msk_iam,
        standards=Standards(
            ism=("P10",),
            essential_eight=("Restrict administrative privileges",),
            cpg_234=("36d", "45", "47c"),
        ),
    ),
    Rule(
        id="DP-MSK-TOPIC-KEPT",
        title="A Kafka topic outlives its stack, and its own replacement.",
        rationale="CloudFormation deletes a topic with all its records; a changed name or cluster replaces it.",
        fix="Call apply_removal_policy(RETAIN, apply_to_update_replace_policy=True).",
        types=("AWS::MSK::Topic",),
        check=_topic_kept,
        standards=Standards(
            ism=("1511", "P1"), essential_eight=("Regular backups",), cpg_234=("36l", "44b", "44c")
        ),
    ),
)
