"""What looks for trouble by itself: threats, personal data where none should be, settings that drift, open doors."""

from data_platform.detection.configuration import ConfigurationHistory
from data_platform.detection.exposure import ExposureAnalysis
from data_platform.detection.managed_rules import MANAGED_RULES, ManagedRule
from data_platform.detection.posture import STANDARDS, SecurityPosture
from data_platform.detection.sensitive_data import SensitiveDataScans, SensitiveDataSession
from data_platform.detection.threats import ThreatDetection

__all__ = [
    "MANAGED_RULES",
    "STANDARDS",
    "ConfigurationHistory",
    "ExposureAnalysis",
    "ManagedRule",
    "SecurityPosture",
    "SensitiveDataScans",
    "SensitiveDataSession",
    "ThreatDetection",
]
