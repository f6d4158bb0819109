"""How raw becomes staged and staged becomes curated, day by day, each day once."""

from data_platform.processing.ancestors import ancestors
from data_platform.processing.dbt_task import CONTAINER, DbtTask, dbt_environment
from data_platform.processing.function import TIMEOUT_SECONDS, JudgeFunction
from data_platform.processing.ledger import RunLedger
from data_platform.processing.machine import RunMachine
from data_platform.processing.own_runs import OwnRuns
from data_platform.processing.parts import MachineParts
from data_platform.processing.plans import DatasetPlans, PlanTooLargeError
from data_platform.processing.policies import RunPolicies
from data_platform.processing.replicated import ReplicatedParts
from data_platform.processing.rights import ExtractorPlaces, Places
from data_platform.processing.roles import RunRoles
from data_platform.processing.schedules import RunSchedules
from data_platform.processing.sources import SourceParts

__all__ = [
    "CONTAINER",
    "TIMEOUT_SECONDS",
    "DatasetPlans",
    "DbtTask",
    "ExtractorPlaces",
    "JudgeFunction",
    "MachineParts",
    "OwnRuns",
    "Places",
    "PlanTooLargeError",
    "ReplicatedParts",
    "RunLedger",
    "RunMachine",
    "RunPolicies",
    "RunRoles",
    "RunSchedules",
    "SourceParts",
    "ancestors",
    "dbt_environment",
]
