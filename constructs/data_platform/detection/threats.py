"""GuardDuty: who behaves like an intruder."""

from __future__ import annotations

from aws_cdk import aws_guardduty as guardduty
from constructs import Construct

# What applies here, and why the rest does not. A feature that is left out would get AWS's default, which changes.
FEATURES = {
    "S3_DATA_EVENTS": True,  # the lake
    "RDS_LOGIN_EVENTS": True,  # the source databases and the warehouse's neighbours
    "LAMBDA_NETWORK_LOGS": True,  # functions in the network
    "RUNTIME_MONITORING": True,  # dbt in Fargate, by an agent that ECS adds to the task
    "EKS_AUDIT_LOGS": False,  # no Kubernetes
    "EBS_MALWARE_PROTECTION": False,  # no disks: no machine of ours has one that lives longer than a task
}
RUNTIME_AGENTS = {
    "ECS_FARGATE_AGENT_MANAGEMENT": True,
    "EC2_AGENT_MANAGEMENT": False,  # no machines
    "EKS_ADDON_MANAGEMENT": False,  # no Kubernetes
}


class ThreatDetection(Construct):
    """The one detector of an account and region.

    Args:
        scope: The construct that owns the detector.
        construct_id: Name within its scope.

    Example:
        >>> import aws_cdk as cdk
        >>> ThreatDetection(cdk.Stack(), "Threats").detector.enable
        True
    """

    detector: guardduty.CfnDetector

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        Detector = guardduty.CfnDetector  # noqa: N806 - a class by a shorter name
        agents = [
            Detector.CFNFeatureAdditionalConfigurationProperty(name=name, status=_status(on=on))
            for name, on in RUNTIME_AGENTS.items()
        ]
        self.detector = Detector(
            self,
            "Detector",
            enable=True,
            finding_publishing_frequency="FIFTEEN_MINUTES",
            features=[
                Detector.CFNFeatureConfigurationProperty(
                    name=name,
                    status=_status(on=on),
                    additional_configuration=agents if name == "RUNTIME_MONITORING" else None,
                )
                for name, on in FEATURES.items()
            ],
        )


def _status(*, on: bool) -> str:
    return "ENABLED" if on else "DISABLED"
