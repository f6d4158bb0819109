"""The RDS API on DB instances where ministack only writes its record: here the engine follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local import hooks
from local.services.rds import engines, instances, master_secret, rotation

if TYPE_CHECKING:
    from collections.abc import Callable

Parameters = dict[str, Any]
# Status, headers, body.
Answer = Any


def install() -> None:
    """Wrap the actions on instances and what ministack would ask Docker and the container for."""
    from ministack.services import rds

    for action, name, wrap in (
        ("CreateDBInstance", "_create_db_instance", _creating),
        ("ModifyDBInstance", "_modify_db_instance", _modifying),
        ("StartDBInstance", "_start_db_instance", _starting),
        ("StopDBInstance", "_stop_db_instance", _stopping),
        ("CreateDBInstanceReadReplica", "_create_read_replica", _replicating),
    ):
        old = hooks.replace(rds, name, None, parameters="p")
        wrapped = wrap(old)
        setattr(rds, name, wrapped)
        rds._ACTION_MAP[action] = wrapped
    hooks.replace(rds, "_start_rds_container_for_instance", _resume, parameters="db_id instance")
    hooks.replace(rds, "_finish_instance_reboot", _reboot, parameters="instance cluster")


def refused(code: str, message: str, status: int = 400) -> Any:
    """An error of the RDS API."""
    from ministack.services import rds

    return rds._error(code, message, status)


def answer(action: str, instance: dict[str, Any]) -> Any:
    """The answer of an action on one instance."""
    from ministack.services import rds

    return rds._single_instance_response(f"{action}Response", f"{action}Result", instance)


def _creating(old: Callable[[Parameters], Answer]) -> Callable[[Parameters], Answer]:
    def create(p: Parameters) -> Answer:
        from ministack.services import rds

        if rds._p(p, "DBClusterIdentifier"):
            return old(p)  # members of Aurora clusters: records only, as ministack has them
        problem = _problem_of_new(p)
        if problem is not None:
            return problem
        made = old(p)
        record = rds._instances.get(rds._p(p, "DBInstanceIdentifier"))
        if made[0] >= 300 or record is None:  # noqa: PLR2004 - HTTP's errors
            return made
        complete(record, p)
        record["DBInstanceStatus"] = "creating"
        said = answer("CreateDBInstance", record)
        instances.in_background(instances.create, record)
        return said

    return create


def _problem_of_new(p: Parameters) -> Any:
    from ministack.services import rds

    engine = rds._p(p, "Engine")
    version = rds._p(p, "EngineVersion") or engines.SUPPORTED.get(engine, ("",))[0]
    problem = engines.refusal(engine, version)
    if problem:
        return refused("InvalidParameterCombination", problem)
    managed, password = rds._p(p, "ManageMasterUserPassword") == "true", rds._p(p, "MasterUserPassword")
    if managed == bool(password):
        return refused(
            "InvalidParameterCombination",
            "Specify either MasterUserPassword or ManageMasterUserPassword, and not both.",
        )
    if not rds._p(p, "MasterUsername") or rds._p(p, "MasterUsername") in (
        "rdsadmin",
        "postgres_admin",
        "root",
    ):
        return refused(
            "InvalidParameterValue", "MasterUsername is missing, or a reserved word of this engine"
        )
    if not rds._p(p, "DBInstanceClass"):
        return refused("MissingParameter", "The request must contain the parameter DBInstanceClass")
    group = rds._p(p, "DBSubnetGroupName")
    if group and group not in rds._subnet_groups:
        return refused("DBSubnetGroupNotFoundFault", f"DB subnet group '{group}' does not exist.", 404)
    return None


def complete(record: dict[str, Any], p: Parameters) -> None:
    """Add to a new record what ministack leaves out: endpoint, secret, exports, the name of the database."""
    from ministack.services import rds

    record["DBName"] = rds._p(p, "DBName")
    record["PreferredBackupWindow"] = rds._p(p, "PreferredBackupWindow") or record.get(
        "PreferredBackupWindow", "03:00-04:00"
    )
    record["EnabledCloudwatchLogsExports"] = rds._parse_member_list(p, "EnableCloudwatchLogsExports")
    record["PerformanceInsightsKMSKeyId"] = rds._p(p, "PerformanceInsightsKMSKeyId")
    instances.choose_port(record)
    if rds._p(p, "ManageMasterUserPassword") == "true":
        record["_MasterUserPassword"] = master_secret.new_password()
        record["MasterUserSecret"] = master_secret.make(
            record, record["_MasterUserPassword"], rds._p(p, "MasterUserSecretKmsKeyId") or None
        )


def _modifying(old: Callable[[Parameters], Answer]) -> Callable[[Parameters], Answer]:
    def modify(p: Parameters) -> Answer:
        from ministack.services import rds

        record = rds._resolve_instance(rds._p(p, "DBInstanceIdentifier"))
        if record is None or not engines.is_ours(record):
            return old(p)
        if rds._p(p, "MasterUserPassword") and record.get("MasterUserSecret"):
            return refused(
                "InvalidParameterCombination",
                "You can't specify MasterUserPassword for an instance whose password RDS manages.",
            )
        made = old(p)
        if made[0] >= 300:  # noqa: PLR2004 - HTTP's errors
            return made
        for name in ("AllocatedStorage", "BackupRetentionPeriod", "MonitoringInterval"):
            record[name] = int(record.get(name) or 0)
        _change_exports(record, p)
        rotation.change(record, p)
        if rds._p(p, "DBParameterGroupName"):
            _take_parameters(record)
        return answer("ModifyDBInstance", record)

    return modify


def _change_exports(record: dict[str, Any], p: Parameters) -> None:
    from ministack.services import rds

    prefix = "CloudwatchLogsExportConfiguration"
    exports = set(record.get("EnabledCloudwatchLogsExports") or [])
    exports |= set(rds._parse_member_list(p, f"{prefix}.EnableLogTypes"))
    exports -= set(rds._parse_member_list(p, f"{prefix}.DisableLogTypes"))
    record["EnabledCloudwatchLogsExports"] = sorted(exports)


def _take_parameters(record: dict[str, Any]) -> None:
    running = instances.find(record)
    if running is not None:
        engines.take_parameters(record, running.server)
    for group in record.get("DBParameterGroups") or []:
        group["ParameterApplyStatus"] = "pending-reboot"


def _starting(old: Callable[[Parameters], Answer]) -> Callable[[Parameters], Answer]:
    return _switching(old, action="StartDBInstance", needs="stopped", says="starting", work=instances.start)


def _stopping(old: Callable[[Parameters], Answer]) -> Callable[[Parameters], Answer]:
    return _switching(old, action="StopDBInstance", needs="available", says="stopping", work=instances.stop)


def _switching(
    old: Callable[[Parameters], Answer],
    *,
    action: str,
    needs: str,
    says: str,
    work: Callable[[dict[str, Any]], None],
) -> Callable[[Parameters], Answer]:
    def switch(p: Parameters) -> Answer:
        from ministack.services import rds

        record = rds._resolve_instance(rds._p(p, "DBInstanceIdentifier"))
        if record is None or not engines.is_ours(record):
            return old(p)
        status = record["DBInstanceStatus"]
        if status != needs:
            name = record["DBInstanceIdentifier"]
            return refused("InvalidDBInstanceState", f"Instance {name} is not {needs}; it is {status}.")
        record["DBInstanceStatus"] = says
        said = answer(action, record)
        instances.in_background(work, record)
        return said

    return switch


def _replicating(_: Callable[[Parameters], Answer]) -> Callable[[Parameters], Answer]:
    def replicate(p: Parameters) -> Answer:
        del p
        return refused("InvalidParameterCombination", "The embedded AWS has no read replicas of DB instances")

    return replicate


def _resume(db_id: str, instance: dict[str, Any]) -> None:
    del db_id
    if engines.is_ours(instance):
        instances.resume(instance)
    else:
        instance["DBInstanceStatus"] = "available"


def _reboot(instance: dict[str, Any], cluster: Any) -> None:
    from ministack.services import rds

    del cluster
    if engines.is_ours(instance):
        instances.restart(instance)
    else:
        instance["DBInstanceStatus"] = "available"
    if instance["DBInstanceStatus"] == "available":
        rds._record_reboot_event(instance)
