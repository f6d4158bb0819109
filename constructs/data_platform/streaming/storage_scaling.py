"""Storage of Standard brokers that grows by itself before it is full, and never shrinks."""

from __future__ import annotations

from aws_cdk import aws_applicationautoscaling as scaling
from constructs import Construct

# AWS recommends 50 to 60 %: a step is a tenth of the volume, and the next one may follow after six hours only.
USED_PERCENT = 60
_DIMENSION, _NAMESPACE = "kafka:broker-storage:VolumeSize", "kafka"


class StorageScaling(Construct):
    """Growth of the volumes of a cluster.

    A cluster that has grown keeps its size: CloudFormation compares templates, so write no smaller `storage_gib`.

    Args:
        scope: The cluster.
        construct_id: Name within its scope.
        name: Public name of the policy.
        cluster_arn: The cluster.
        least_gib: Storage of a broker at first.
        most_gib: Most storage of a broker.

    Example:
        >>> import aws_cdk as cdk
        >>> arn = "arn:aws:kafka:ap-southeast-2:111111111111:cluster/a/b"
        >>> made = StorageScaling(cdk.Stack(), "Scaling", name="a", cluster_arn=arn, least_gib=100, most_gib=1000)
        >>> made.target.max_capacity
        1000
    """

    target: scaling.CfnScalableTarget

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        cluster_arn: str,
        least_gib: int,
        most_gib: int,
    ) -> None:
        super().__init__(scope, construct_id)
        # Without a role the service takes its own, AWSServiceRoleForApplicationAutoScaling_KafkaCluster.
        self.target = scaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace=_NAMESPACE,
            scalable_dimension=_DIMENSION,
            resource_id=cluster_arn,
            min_capacity=least_gib,
            max_capacity=most_gib,
        )
        scaling.CfnScalingPolicy(
            self,
            "Policy",
            policy_name=f"{name}-storage",
            policy_type="TargetTrackingScaling",
            scaling_target_id=self.target.ref,
            target_tracking_scaling_policy_configuration=(
                scaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
                    target_value=USED_PERCENT,
                    disable_scale_in=True,
                    predefined_metric_specification=(
                        scaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
                            predefined_metric_type="KafkaBrokerStorageUtilization"
                        )
                    ),
                )
            ),
        )
