"""MSK Connect: a connector is a real worker of Kafka Connect, with the jars of its plug-in, as its role.

Its connections have the connector's security groups; what it has read survives updates, restarts and crashes.
"""

from __future__ import annotations

from local.services.kafkaconnect.service import install

__all__ = ["install"]
