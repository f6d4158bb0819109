"""Old data of metrics are looked for once a minute."""

from __future__ import annotations

import time

from ministack.services import cloudwatch

from local.services.cloudwatch import forgetting


def test_old_data_are_looked_for_once_a_minute_however_many_requests_come(monkeypatch):
    looks = []
    clock = [1000.0]
    monkeypatch.setattr(cloudwatch, "_evict_old_metrics", lambda: looks.append(clock[0]))
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    forgetting.install()

    for later in (0, 1, 58, 2, 60):
        clock[0] += later
        cloudwatch._evict_old_metrics()

    assert looks == [1000.0, 1061.0, 1121.0]
