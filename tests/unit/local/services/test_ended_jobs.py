"""Who follows a job hears of its end, and of no other's."""

from __future__ import annotations

import time

from local.services import ended_jobs
from local.services.stepfunctions import jobs


def test_a_follower_hears_of_its_own_job_only():
    with ended_jobs.followed("one") as one, ended_jobs.followed("two") as two:
        ended_jobs.tell("one")
        assert (one.is_set(), two.is_set()) == (True, False)


def test_every_follower_of_a_job_hears_of_its_end():
    with ended_jobs.followed("one") as first, ended_jobs.followed("one") as second:
        ended_jobs.tell("one")
        assert first.is_set()
        assert second.is_set()


def test_an_end_that_nobody_follows_is_forgotten():
    ended_jobs.tell("one")
    with ended_jobs.followed("one") as ended:
        assert not ended.is_set()


def test_an_execution_asks_twice_for_a_job_whose_end_is_told_at_once(monkeypatch):
    monkeypatch.setattr(jobs, "FIRST_POLL_SECONDS", 60)
    asked = []

    def call(action, names):
        asked.append(action)
        ended_jobs.tell("q")
        return {"QueryExecution": {"Status": {"State": "RUNNING" if len(asked) == 1 else "SUCCEEDED"}}}

    began = time.monotonic()
    jobs.follow(jobs.JOBS["athena:startQueryExecution"], call, {}, {"QueryExecutionId": "q"})
    assert asked == ["getQueryExecution"] * 2
    assert time.monotonic() - began < jobs.FIRST_POLL_SECONDS
