"""CloudTrail's API where ministack's differs from AWS's: what a trail needs, its status, its public keys."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any

from local import hooks, identity, persistence
from local.services.cloudtrail import calls, delivery, digests, leave, recorder
from local.services.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    Operation = Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes]]

_OK = 200
_ON_TRAIL = ("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")


def install() -> None:
    """Record from now on; complete the API; keep what waits over a restart."""
    from ministack.services import cloudtrail

    operations = cloudtrail._DISPATCH
    create, update = operations["CreateTrail"], operations["UpdateTrail"]
    operations["CreateTrail"] = lambda body: _created(create, body)
    operations["UpdateTrail"] = lambda body: _updated(update, body)
    status = operations["GetTrailStatus"]
    operations["GetTrailStatus"] = lambda body: _with_delivery(status(body), body)
    operations["ListPublicKeys"] = lambda _body: cloudtrail._ok({"PublicKeyList": [digests.public_key()]})
    hooks.replace(cloudtrail, "_recording_enabled", new=False)
    calls.install()
    persistence.register("cloudtrail-recorder", _save, _load)


def _created(create: Operation, body: dict[str, Any]) -> Any:
    from ministack.services import cloudtrail

    trail = {**body, "TrailARN": cloudtrail._trail_arn(str(body.get("Name", "")).strip())}
    refused = _refusal(trail)
    if refused:
        return refused
    answer = create(body)
    if answer[0] == _OK:
        stored = cloudtrail._trails[str(body["Name"]).strip()]
        stored.update({name: body[name] for name in _ON_TRAIL if body.get(name)})
        for tag in body.get("TagsList") or []:
            cloudtrail._trail_tags.setdefault(stored["TrailARN"], {})[tag["Key"]] = tag["Value"]
    return answer


def _updated(update: Operation, body: dict[str, Any]) -> Any:
    from ministack.services import cloudtrail

    _, _, found = cloudtrail._find_visible_trail(str(body.get("Name", "")))
    refused = _refusal({**found, **body}) if found else None
    return refused or update(body)


def _refusal(trail: dict[str, Any]) -> Any:
    try:
        leave.require(trail, account=identity.account_id())
    except leave.NoLeave as error:
        return Refusal(error.code, str(error)).answer()
    return None


def _with_delivery(answer: Any, body: dict[str, Any]) -> Any:
    from ministack.services import cloudtrail

    _, _, trail = cloudtrail._find_visible_trail(str(body.get("Name", "")).strip())
    if answer[0] != _OK or trail is None:
        return answer
    status, arn = json.loads(answer[2]), trail["TrailARN"]
    if arn in delivery.delivered:
        status["LatestDeliveryTime"] = int(delivery.delivered[arn])
    if arn in delivery.errors:
        status["LatestDeliveryError"] = delivery.errors[arn]
    return cloudtrail._ok(status)


def _save() -> dict[str, Any]:
    from ministack.services import cloudtrail

    recorder.process()
    history = {place: list(events) for place, events in cloudtrail._events.all_items()}
    return {"delivery": delivery.save(), "history": history}


def _load(saved: dict[str, Any]) -> None:
    from ministack.services import cloudtrail

    delivery.load(saved["delivery"])
    for (account, region, name), events in saved["history"].items():
        cloudtrail._events.set_scoped(account, region, name, deque(events, maxlen=recorder._HISTORY))
