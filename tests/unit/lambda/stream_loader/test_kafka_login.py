"""The loader proves to MSK by IAM who it is; that a cluster takes its proof is tested with the cluster's own tests."""

from __future__ import annotations

import pytest
from stream_loader import kafka_login


def test_a_cluster_without_iam_is_named():
    class Plain:
        """MSK's answer for a cluster that has no such door."""

        def get_bootstrap_brokers(self, **_):
            return {"BootstrapBrokerStringTls": "b-1:9094"}

    with pytest.raises(kafka_login.NoBrokers, match="IAM"):
        kafka_login.settings(Plain(), "arn:aws:kafka:ap-southeast-2:1:cluster/a/b", None)
