"""GetMetricData with expressions, and PutMetricAlarm with metric math, which ministack refuses or drops."""

from __future__ import annotations

from typing import Any

from local.services.cloudwatch import expressions, queries


def install() -> None:
    """Wrap the two API calls."""
    from ministack.services import cloudwatch

    from local import hooks

    def get_metric_data(params: Any, data: Any, is_cbor: bool, is_json: bool = False) -> Any:  # noqa: FBT001, FBT002
        asked = (data or {}).get("MetricDataQueries") or []
        if not any(q.get("Expression") for q in asked):
            return old_get(params, data, is_cbor, is_json)
        results = [_shown(r, is_cbor=is_cbor) for r in answer(asked, data)]
        reply = {"MetricDataResults": results, "Messages": []}
        return cloudwatch._cbor_ok(reply) if is_cbor else cloudwatch._json_ok(reply)

    def put_metric_alarm(params: Any, data: Any, is_cbor: bool, is_json: bool = False) -> Any:  # noqa: FBT001, FBT002
        if not (data or {}).get("Metrics"):
            return old_put(params, data, is_cbor, is_json)
        answer_ = old_put(params, data, is_cbor, is_json)
        alarm = cloudwatch._alarms.get(data["AlarmName"])
        if alarm is not None and answer_[0] < 400:  # noqa: PLR2004
            for field in (
                "MetricName",
                "Namespace",
                "Statistic",
                "ExtendedStatistic",
                "Period",
                "Dimensions",
            ):
                alarm.pop(field, None)
            alarm["Metrics"] = data["Metrics"]
        return answer_

    old_get = hooks.replace(cloudwatch, "_get_metric_data", get_metric_data)
    old_put = hooks.replace(cloudwatch, "_put_metric_alarm", put_metric_alarm)


def answer(asked: list[dict[str, Any]], request: dict[str, Any]) -> list[dict[str, Any]]:
    """The results of queries with expressions, newest first unless the request asks otherwise."""
    from ministack.services import cloudwatch

    start = cloudwatch._parse_ts(request.get("StartTime")) or 0.0
    end = cloudwatch._parse_ts(request.get("EndTime")) or 0.0
    newest_first = request.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    try:
        values = queries.evaluate(asked, start=start, end=end)
    except expressions.ExpressionError as error:
        message = {"Code": "ValidationError", "Value": str(error)}
        return [_result(q, {}, newest_first=newest_first) | {"Messages": [message]} for q in asked]
    results = []
    for query in asked:
        if query.get("ReturnData", True):
            found = values[query["Id"]]
            several = found if isinstance(found, list) else [found]
            axis = int(start)
            results += [
                _result(
                    query, one if isinstance(one, dict) else {axis: float(one)}, newest_first=newest_first
                )
                for one in several
            ]
    return results


def _result(query: dict[str, Any], values: dict[int, float], *, newest_first: bool) -> dict[str, Any]:
    times = sorted(values, reverse=newest_first)
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or query["Id"],
        "Timestamps": times,
        "Values": [values[at] for at in times],
        "StatusCode": "Complete",
    }


def _shown(result: dict[str, Any], *, is_cbor: bool) -> dict[str, Any]:
    from ministack.services import cloudwatch

    times = [cloudwatch._ts_iso(at) for at in result["Timestamps"]]
    shown = {**result, "Timestamps": times}
    return cloudwatch._cbor_metric_data_result(shown) if is_cbor else shown
