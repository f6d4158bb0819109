"""Who is told, and on which screen."""

from data_platform.observability.alarms import DomainAlarms
from data_platform.observability.connector_rules import connector_rules
from data_platform.observability.dashboard import DomainDashboard
from data_platform.observability.database_alarms import DatabaseAlarms
from data_platform.observability.database_classes import (
    DATABASE_CLASSES,
    DatabaseClass,
    UnknownDatabaseClass,
    database_class,
    max_connections,
)
from data_platform.observability.database_log import LOG_OF, log_filters
from data_platform.observability.database_rules import database_rules
from data_platform.observability.event_rules import EventRule, EventRules
from data_platform.observability.findings import finding_rules
from data_platform.observability.loader_dashboard import loader_row
from data_platform.observability.loader_rules import WatchedLoader, loader_rules
from data_platform.observability.rules import FIGURES, AlarmRule, Watched, dead_letter_rule, domain_rules
from data_platform.observability.streaming_alarms import StreamingAlarms
from data_platform.observability.streaming_cluster import (
    UnseenConsumerError,
    WatchedCluster,
    WatchedConsumer,
)
from data_platform.observability.streaming_dashboard import cluster_row
from data_platform.observability.streaming_rules import cluster_rules
from data_platform.observability.watched_database import WatchedDatabase

__all__ = [
    "DATABASE_CLASSES",
    "FIGURES",
    "LOG_OF",
    "AlarmRule",
    "DatabaseAlarms",
    "DatabaseClass",
    "DomainAlarms",
    "DomainDashboard",
    "EventRule",
    "EventRules",
    "StreamingAlarms",
    "UnknownDatabaseClass",
    "UnseenConsumerError",
    "Watched",
    "WatchedCluster",
    "WatchedConsumer",
    "WatchedDatabase",
    "WatchedLoader",
    "cluster_row",
    "cluster_rules",
    "connector_rules",
    "database_class",
    "database_rules",
    "dead_letter_rule",
    "domain_rules",
    "finding_rules",
    "loader_row",
    "loader_rules",
    "log_filters",
    "max_connections",
]
