"""IAM Access Analyzer: who outside can reach in, and which rights nobody uses."""

from __future__ import annotations

from aws_cdk import aws_accessanalyzer as analyzer
from constructs import Construct

# A quarter: an auditor's review, and long enough for what runs at the end of one.
UNUSED_DAYS = 90


class ExposureAnalysis(Construct):
    """Two analyzers of the account: access from outside it, and access that is not used.

    Args:
        scope: The construct that owns the analyzers.
        construct_id: Name within its scope.
        name_prefix: Starts their names, such as `dp-dev`.
    """

    def __init__(self, scope: Construct, construct_id: str, *, name_prefix: str) -> None:
        super().__init__(scope, construct_id)
        Analyzer = analyzer.CfnAnalyzer  # noqa: N806 - a class by a shorter name
        Analyzer(self, "External", analyzer_name=f"{name_prefix}-external-access", type="ACCOUNT")
        Analyzer(
            self,
            "Unused",
            analyzer_name=f"{name_prefix}-unused-access",
            type="ACCOUNT_UNUSED_ACCESS",
            analyzer_configuration=Analyzer.AnalyzerConfigurationProperty(
                unused_access_configuration=Analyzer.UnusedAccessConfigurationProperty(
                    unused_access_age=UNUSED_DAYS
                )
            ),
        )
