"""What a stream cannot judge: it sees one record at a time, and no day ends at which many could be counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.custom_properties import custom, custom_place
from data_platform.contracts.model import OnFailure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from data_platform.contracts.model import Dataset
    from data_platform.contracts.place import Place

_ALLOWED = (
    "rules that one record keeps or breaks: required, accepted values, ranges, patterns, lengths, types; they make a "
    "dead letter (severity error) or are counted (warning)"
)
_AFTERWARDS = "remove the rule, and test what is derived from curated in dbt"
_NONE = ("mustBe", "mustBeLessOrEqualTo")  # 0 says that there may be no offender
_MANY = {
    "rowCount": "a number of rows is a day's",
    "sql": "a query is asked of a day's rows",
    "custom": "a distribution is that of many rows",
}


def check_stream_rules(root: Place, places: Sequence[Place], dataset: Dataset) -> None:
    """Report the rules of a streamed dataset that more than one row decides, each where it stands.

    Args:
        root: The contract.
        places: Its columns.
        dataset: What was read from it; nothing is reported of one without a stream.
    """
    if dataset.stream is None:
        return
    schema = next(root.each("schema"))
    for element in (schema, *places):
        for rule in element.each("quality"):
            _check_rule(rule, element, dataset)
        for link in element.each("relationships"):
            link.report(
                "a reference is judged against another dataset's rows, and a record may come before the row that it "
                "refers to",
                allowed=_ALLOWED,
                mend="remove the relationship, and test it in dbt (`relationships`)",
            )
    for place, column in zip(places, dataset.columns, strict=True):
        if column.unique and dataset.primary_key != (column.name,):
            place["unique"].report(
                "whether a value repeats, all rows decide; a stream keeps one row of each primary key",
                allowed=_ALLOWED,
                mend="remove it, and test it in dbt (`unique`)",
            )
        _check_stop(custom_place(place, "onFailure"), custom(place).value.get("onFailure", {}))
    _check_promises(root)


def _check_rule(rule: Place, element: Place, dataset: Dataset) -> None:
    metric, kind = rule.read("metric"), rule.read("type", "library")
    if kind == "text":
        return
    many = _MANY.get(metric) or _MANY.get(kind)
    if metric == "duplicateValues":
        names = rule.read("arguments", {}).get("properties") or [element.read("name")]
        if set(names) == set(dataset.primary_key):
            return  # the merge keeps one row of each
        many = "whether values repeat, all rows decide; a stream keeps one row of each primary key"
    if many:
        rule.report(f"{many}, and a stream has none", allowed=_ALLOWED, mend=_AFTERWARDS)
        return
    bounds = [key for key in rule.value if key.startswith("must")]
    if any(key not in _NONE or rule.value[key] != 0 for key in bounds):
        rule.report(
            "a limit is a number of a day's rows, and a stream judges each record by itself",
            allowed="mustBe: 0",
            mend="write `mustBe: 0`, with severity warning where offenders may pass",
        )
    _check_stop(custom_place(rule, "onFailure"), custom(rule).value.get("onFailure"))


def _check_stop(place: Place, said: object) -> None:
    if OnFailure.STOP in _said(said):
        place.report(
            "a stream has no run that could be stopped",
            allowed="quarantine: the record goes to the dead letters",
            mend="write `quarantine`, or remove onFailure",
        )


def _said(value: object) -> Iterator[object]:
    """What onFailure says, of all rules of a column or by kind."""
    yield from value.values() if isinstance(value, dict) else (value,)


def _check_promises(root: Place) -> None:
    for promise in root.each("slaProperties"):
        name = promise.value["property"]
        if name == "timeOfAvailability":
            promise.report(
                "a time of day is when a day's run has published, and a stream is published as it comes",
                allowed="freshness, retention",
                mend="write `freshness` instead",
            )
        if name == "freshness" and "element" in promise.value:
            promise["element"].report(
                "the newest row of a day is looked at by a day's run; a stream's freshness is measured from the "
                "moment of the commit to that of the merge",
                allowed="freshness without element",
                mend="remove element",
            )
