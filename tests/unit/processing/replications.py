"""Asking a state machine what it makes of what DMS and S3 say of a copy."""

from __future__ import annotations

from shop_source import COPIED

SOURCE = COPIED.told()
BEGAN = "2013-02-01T05:00:00.000Z"
WANTED = ["airports", "weather"]


def first(machine, evaluate, name, **variables):
    """The state that a Choice leads to."""
    for rule in machine[name]["Choices"]:
        if evaluate(rule["Condition"], **variables):
            return rule["Next"]
    return machine[name]["Default"]


def statistics(state="Table completed", rows=3, errors=0, ended="2013-02-01T05:20:00Z", table="airports"):
    return {
        "SchemaName": "public",
        "TableName": table,
        "TableState": state,
        "FullLoadRows": rows,
        "FullLoadErrorRows": errors,
        "FullLoadEndTime": ended,
    }


def loaded(states, evaluate, *tables, source=SOURCE):
    return evaluate(
        states["ReadTableStatistics"]["Assign"]["loaded"],
        states={"result": {"ReplicationTableStatistics": list(tables)}},
        source=source,
        wanted=WANTED,
        replication={"began": BEGAN},
    )


def inside(states):
    return states["CopyTables"]["ItemProcessor"]["States"]


def listed(states, evaluate, *files, more=False, source=SOURCE, since="", ended=BEGAN):
    return evaluate(
        inside(states)["ListTable"]["Output"],
        source=source,
        states={
            "input": {
                "dataset": "weather",
                "prefix": "weather/p/",
                "from": "_dms/w/",
                "rows": None if source["changes"] else 2,
                "since": since,
                "ended": ended,
            },
            "result": {"Contents": list(files), "IsTruncated": more} if files else {"IsTruncated": False},
        },
        replication={"began": BEGAN},
    )


def file(name, when="2013-02-01T05:10:00Z"):
    return {"Key": f"_dms/w/{name}", "Size": 5, "LastModified": when}
