"""RDS: a DB instance is a real engine behind a front that asks security groups, forces TLS and checks IAM tokens.

ministack keeps the records and answers the API; here its actions start, stop, copy and remove engines.
"""

from __future__ import annotations


def install() -> None:
    """Put real engines in the place of Docker containers, and what RDS does by itself beside them."""
    from local import shutdown
    from local.services.rds import clockwork, description, groups, instances, requests, rotation, snapshots

    requests.install()
    rotation.install()
    groups.install()
    snapshots.install()
    description.install()
    clockwork.install()
    shutdown.register(instances.stop_all)
