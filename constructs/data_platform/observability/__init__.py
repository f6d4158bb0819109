"""Who is told, and on which screen."""

from data_platform.observability.alarms import DomainAlarms
from data_platform.observability.dashboard import DomainDashboard
from data_platform.observability.event_rules import EventRule, EventRules
from data_platform.observability.findings import finding_rules
from data_platform.observability.rules import FIGURES, AlarmRule, Watched, dead_letter_rule, domain_rules

__all__ = [
    "FIGURES",
    "AlarmRule",
    "DomainAlarms",
    "DomainDashboard",
    "EventRule",
    "EventRules",
    "Watched",
    "dead_letter_rule",
    "domain_rules",
    "finding_rules",
]
