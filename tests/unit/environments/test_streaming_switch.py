"""The switch of streaming is the laptop's alone: on AWS the environment's file says whether there is a cluster."""

from __future__ import annotations

import dataclasses

import pytest

from environments import DEV, LOCAL, PROD, switched


def test_the_laptop_streams_when_it_is_switched_on():
    on = switched(LOCAL, "on")
    assert on.streaming.on
    assert dataclasses.replace(on, streaming=LOCAL.streaming) == LOCAL


@pytest.mark.parametrize("said", [None, "off"])
def test_the_laptop_does_not_stream_by_itself(said):
    assert switched(LOCAL, said) == LOCAL


@pytest.mark.parametrize("environment", [DEV, PROD], ids=lambda each: each.name)
@pytest.mark.parametrize("said", ["on", "off"])
def test_an_environment_of_aws_is_as_its_file_says(environment, said):
    assert switched(environment, said) == environment


@pytest.mark.parametrize("said", ["yes", "1", "ON", True])
def test_another_word_is_refused_with_what_is_allowed(said):
    with pytest.raises(ValueError, match=r"-c streaming=.*allowed: on, off.*environments/<name>\.py"):
        switched(LOCAL, said)
