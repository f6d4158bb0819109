"""What was done, who read what, and that nobody can take it back."""

from data_platform.audit.auditor import Auditor, EvidenceLocation
from data_platform.audit.evidence import Evidence
from data_platform.audit.filters import TrailFilters
from data_platform.audit.history import QueryHistory
from data_platform.audit.names import AuditNames
from data_platform.audit.questions import Question, questions
from data_platform.audit.replicated_bucket import (
    ACCESS_LOGS,
    RESULTS,
    SETTINGS,
    ReplicatedBucket,
    ReplicationRole,
)
from data_platform.audit.session_history import SessionHistory
from data_platform.audit.store import AuditStore, Keeping
from data_platform.audit.tables import AuditTables
from data_platform.audit.trail import AuditTrail

__all__ = [
    "ACCESS_LOGS",
    "RESULTS",
    "SETTINGS",
    "AuditNames",
    "AuditStore",
    "AuditTables",
    "AuditTrail",
    "Auditor",
    "Evidence",
    "EvidenceLocation",
    "Keeping",
    "QueryHistory",
    "Question",
    "ReplicatedBucket",
    "ReplicationRole",
    "SessionHistory",
    "TrailFilters",
    "questions",
]
