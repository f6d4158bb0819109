"""A function packaged as an image runs in the image's interpreter, under the limits that an archive's has."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.waiting import until


def test_an_images_handler_runs_in_the_images_own_environment_and_stays_warm(images):
    name = images.function(Environment={"Variables": {"GIVEN": "by the function"}})
    _, first = images.invoke(name, {"n": 1})
    _, second = images.invoke(name, {"n": 2})
    assert Path(first["prefix"]) == Path(images.python).parents[1]
    assert (second["pid"], second["calls"], second["event"]) == (first["pid"], 2, {"n": 2})
    assert first["variables"]["FROM_IMAGE"] == "1"
    assert first["variables"]["GIVEN"] == "by the function"
    assert first["variables"]["AWS_ACCESS_KEY_ID"].startswith("ASIA")


def test_the_functions_command_names_another_handler_whose_error_and_words_are_told(images):
    name = images.function("program.whoami")
    failed, body = images.invoke(name)
    assert (failed, body["errorType"], body["errorMessage"]) == ("Unhandled", "LookupError", "no such stream")
    logs = images.aws.client("logs")
    events = until(lambda: logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"])
    assert "said by the image" in [event["message"] for event in events]


def test_timeout_memory_and_reserved_concurrency_hold_for_an_image(images):
    slow, large = images.function("program.sleep", Timeout=1), images.function("program.fill")
    assert "timed out after 1.00 seconds" in images.invoke(slow, {"seconds": 5})[1]["errorMessage"]
    assert images.invoke(large)[1]["errorType"] == "Runtime.ExitError"
    images.aws.client("lambda").put_function_concurrency(FunctionName=slow, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError, match="TooManyRequests"):
        images.invoke(slow, {"seconds": 0})


def test_an_image_that_nothing_stands_for_is_refused(images):
    unknown = images.uri.replace("unit/", "unit/un")
    with pytest.raises(ClientError, match=r"Source image .* does not exist") as refused:
        images.function(Code={"ImageUri": unknown})
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_a_template_gives_an_image_its_command_and_takes_it_away(images):
    properties = {
        "PackageType": "Image",
        "Code": {"ImageUri": images.uri},
        "ImageConfig": {"Command": ["program.whoami"]},
        "Role": images.role,
        "MemorySize": 256,
        "Timeout": 20,
    }
    function = {"Type": "AWS::Lambda::Function", "Properties": properties}
    stack = images.aws.deploy({"Function": function})
    name = images.aws.resource(stack, "Function")
    assert images.invoke(name)[1]["errorType"] == "LookupError"
    del properties["ImageConfig"]
    images.aws.deploy({"Function": function}, stack=stack)
    assert images.invoke(name)[1]["calls"] == 1
