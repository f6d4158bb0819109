"""Who is told, and on which screen."""

from data_platform.observability.alarms import DomainAlarms
from data_platform.observability.dashboard import DomainDashboard
from data_platform.observability.rules import AlarmRule, Watched, domain_rules

__all__ = ["AlarmRule", "DomainAlarms", "DomainDashboard", "Watched", "domain_rules"]
