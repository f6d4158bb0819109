"""MSK: a cluster is a real Kafka broker behind a front that asks security groups, ends TLS and checks IAM.

One broker stands for all of a cluster: what is recorded only is listed in cloudformation/properties/MSK.yaml.
"""

from __future__ import annotations

from local.services.msk.service import install

__all__ = ["install"]
