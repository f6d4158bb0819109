"""The keys, network, databases, bastion, topics and cluster on which everything stands."""

from data_platform.foundation.bastion import Bastion
from data_platform.foundation.bastion_stop import BastionStop
from data_platform.foundation.data_lake_settings import DataLakeSettings
from data_platform.foundation.database import Database
from data_platform.foundation.database_owner import DatabaseOwner
from data_platform.foundation.dead_letters import DeadLetters
from data_platform.foundation.deployment import BOOTSTRAP_QUALIFIER, deployment_role_arn
from data_platform.foundation.key import CustomerKey, KeyService
from data_platform.foundation.monitoring_role import MonitoringRole
from data_platform.foundation.network import ExistingNetwork, Network, NewNetwork
from data_platform.foundation.task_cluster import TaskCluster
from data_platform.foundation.topics import SeverityTopics
from data_platform.foundation.tunneler import TunnelerRole
from data_platform.foundation.unresourced import UnresourcedActions

__all__ = [
    "BOOTSTRAP_QUALIFIER",
    "Bastion",
    "BastionStop",
    "CustomerKey",
    "DataLakeSettings",
    "Database",
    "DatabaseOwner",
    "DeadLetters",
    "ExistingNetwork",
    "KeyService",
    "MonitoringRole",
    "Network",
    "NewNetwork",
    "SeverityTopics",
    "TaskCluster",
    "TunnelerRole",
    "UnresourcedActions",
    "deployment_role_arn",
]
