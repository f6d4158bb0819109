"""The life of a connector as a state machine: made where there is none, changed where it is not as it should be.

A template cannot make a connector: it would have to know the brokers' addresses, which nobody has before the cluster
is there, and CloudFormation changes a plug-in by making a second connector beside the first. The machine asks for the
brokers, compares, and does the least that helps; run again, it does nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.states_language import CALL_SECONDS, State, choose, jsonata, retry

if TYPE_CHECKING:
    from collections.abc import Mapping

_SDK = "arn:aws:states:::aws-sdk"
_LOOK_SECONDS = 10
# MSK Connect takes ten minutes for a worker; a replacement is a deletion and a creation.
LONGEST_SECONDS = 2700
# A property of no connector: a new version of the secret changes the configuration, so that it is read again.
_VERSION = "secret.version"
_BROKERS = "schema.history.internal.kafka.bootstrap.servers"


def connector_definition(
    creation: Mapping[str, Any],
    configuration: Mapping[str, str],
    *,
    cluster_arn: str,
    secret: str,
    history: bool,
) -> State:
    """The machine in the Amazon States Language.

    Its input may say `{"restart": true}` (the tasks start again) or `{"stop": true}` (the connector is deleted; its
    place in the source stays).

    Args:
        creation: Arguments of CreateConnector, all but the configuration and the brokers.
        configuration: What the connector is told.
        cluster_arn: Whose brokers.
        secret: The secret that the configuration refers to.
        history: Whether the configuration needs the brokers, too: Debezium's memory of MySQL's tables.

    Example:
        >>> connector_definition({"ConnectorName": "c"}, {}, cluster_arn="arn", secret="s", history=False)["StartAt"]
        'FindBrokers'
    """
    name = creation["ConnectorName"]
    added = f"'{_VERSION}': $version" + (f", '{_BROKERS}': $brokers" if history else "")
    return {
        "Comment": f"Makes and keeps the connector {name}",
        "QueryLanguage": "JSONata",
        "StartAt": "FindBrokers",
        "TimeoutSeconds": LONGEST_SECONDS,
        "States": {
            "FindBrokers": _call(
                "kafka:getBootstrapBrokers",
                {"ClusterArn": cluster_arn},
                then="ReadSecretVersion",
                Assign={
                    "brokers": jsonata("$states.result.BootstrapBrokerStringSaslIam"),
                    "configuration": dict(configuration),
                    "restart": jsonata("$exists($states.input.restart) and $states.input.restart"),
                    "stop": jsonata("$exists($states.input.stop) and $states.input.stop"),
                },
            ),
            "ReadSecretVersion": _call(
                "secretsmanager:describeSecret",
                {"SecretId": secret},
                then="Want",
                Assign={"version": jsonata(_CURRENT)},
            ),
            "Want": {
                "Type": "Pass",
                "Assign": {"wanted": jsonata("$merge([$configuration, {" + added + "}])")},
                "Next": "Find",
            },
            "Find": _call(
                "kafkaconnect:listConnectors",
                {"ConnectorNamePrefix": name},
                then="Look",
                Assign={"found": jsonata(f"[$states.result.Connectors[ConnectorName = '{name}']]")},
            ),
            **choose(
                "Look",
                ("$count($found) = 0 and $stop", "Done"),
                ("$count($found) = 0", "Create"),
                ("$not($found[0].ConnectorState in ['RUNNING', 'FAILED'])", "Wait"),
                ("$stop", "Delete"),
                otherwise="Describe",
            ),
            "Describe": _call(
                "kafkaconnect:describeConnector",
                {"ConnectorArn": jsonata("$found[0].ConnectorArn")},
                then="Compare",
                Assign={"now": jsonata("$states.result")},
            ),
            **choose(
                "Compare",
                ("$now.ConnectorState = 'FAILED'", "DeleteFailed"),
                (_differs(creation), "Delete"),
                (_DIFFERENT, "Update"),
                ("$restart", "Restart"),
                otherwise="Done",
            ),
            "Create": _call(
                "kafkaconnect:createConnector",
                {**_with_brokers(creation), "ConnectorConfiguration": jsonata("$wanted")},
                then="Wait",
            ),
            "Update": _call(
                "kafkaconnect:updateConnector",
                {**_CHANGED, "ConnectorConfiguration": jsonata("$wanted")},
                then="Wait",
            ),
            "Restart": _call(
                "kafkaconnect:updateConnector",
                {**_CHANGED, "ConnectorConfiguration": jsonata(_AGAIN)},
                then="Wait",
                Assign={"restart": False},
            ),
            "Delete": _call(
                "kafkaconnect:deleteConnector",
                {"ConnectorArn": jsonata("$found[0].ConnectorArn")},
                then="Wait",
            ),
            "Wait": {"Type": "Wait", "Seconds": _LOOK_SECONDS, "Next": "Find"},
            "DeleteFailed": _call(
                "kafkaconnect:deleteConnector",
                {"ConnectorArn": _CHANGED["ConnectorArn"]},
                then="ConnectorFailed",
            ),
            "Done": {"Type": "Succeed"},
            "CallFailed": {"Type": "Fail", "Error": "CallFailed", "Cause": jsonata("$cause")},
            "ConnectorFailed": {
                "Type": "Fail",
                "Error": "ConnectorFailed",
                "Cause": jsonata(
                    "$exists($now.StateDescription.Message) ? $now.StateDescription.Message : 'see its log group'"
                ),
            },
        },
    }


_CURRENT = """
    ($stages := $states.result.VersionIdsToStages;
     $filter($keys($stages), function($id) { 'AWSCURRENT' in $lookup($stages, $id) })[0])
"""
# Tasks start again when what they are told differs: there is an action that restarts a connector, but neither IAM's
# list of actions that cfn-lint holds knows it, nor every version of the SDK.
_RESTARTED = "restarted.at"
_AGAIN = f"$merge([$wanted, {{'{_RESTARTED}': $states.context.Execution.StartTime}}])"
_DIFFERENT = f"""
    $sift($now.ConnectorConfiguration, function($value, $name) {{ $name != '{_RESTARTED}' }}) != $wanted
"""
_CHANGED = {
    "ConnectorArn": jsonata("$now.ConnectorArn"),
    "CurrentVersion": jsonata("$now.CurrentVersion"),
}


def _differs(creation: Mapping[str, Any]) -> str:
    """Whether the connector runs on another plug-in, worker configuration or size, which no update changes."""
    capacity = creation["Capacity"]["ProvisionedCapacity"] if "Capacity" in creation else {}
    parts = [f"$now.Capacity.ProvisionedCapacity.{name} != {value}" for name, value in capacity.items()]
    parts += [
        f"$now.Plugins[0].CustomPlugin.CustomPluginArn != '{plugin['CustomPlugin']['CustomPluginArn']}'"
        for plugin in creation.get("Plugins", ())
    ]
    if "WorkerConfiguration" in creation:
        arn = creation["WorkerConfiguration"]["WorkerConfigurationArn"]
        parts.append(f"$now.WorkerConfiguration.WorkerConfigurationArn != '{arn}'")
    return " or ".join(parts) or "false"


def _with_brokers(creation: Mapping[str, Any]) -> dict[str, Any]:
    network = creation.get("KafkaCluster", {}).get("ApacheKafkaCluster", {})
    reached = {**network, "BootstrapServers": jsonata("$brokers")}
    return {**creation, "KafkaCluster": {"ApacheKafkaCluster": reached}}


def _call(action: str, arguments: Mapping[str, Any], *, then: str, **more: Any) -> State:
    return {
        "Type": "Task",
        "Resource": f"{_SDK}:{action}",
        "Arguments": dict(arguments),
        "TimeoutSeconds": CALL_SECONDS,
        "Retry": [retry("States.ALL")],
        "Catch": [
            {
                "ErrorEquals": ["States.ALL"],
                "Assign": {"cause": jsonata("$states.errorOutput.Error & ' ' & $states.errorOutput.Cause")},
                "Next": "CallFailed",
            }
        ],
        **more,
        "Next": then,
    }
