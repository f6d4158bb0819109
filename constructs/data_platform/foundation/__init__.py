"""The keys, network, topics and cluster on which everything stands."""

from data_platform.foundation.data_lake_settings import DataLakeSettings
from data_platform.foundation.dead_letters import DeadLetters
from data_platform.foundation.deployment import deployment_role_arn
from data_platform.foundation.key import CustomerKey, KeyService
from data_platform.foundation.network import ExistingNetwork, Network, NewNetwork
from data_platform.foundation.task_cluster import TaskCluster
from data_platform.foundation.topics import SeverityTopics
from data_platform.foundation.unresourced import UnresourcedActions

__all__ = [
    "CustomerKey",
    "DataLakeSettings",
    "DeadLetters",
    "ExistingNetwork",
    "KeyService",
    "Network",
    "NewNetwork",
    "SeverityTopics",
    "TaskCluster",
    "UnresourcedActions",
    "deployment_role_arn",
]
