"""A service assumes a role only when the role's trust policy names it."""

from __future__ import annotations

import json

import pytest
from ministack import app
from ministack.services import iam, sts

from local import identity, trust

_ROLE = "arn:aws:iam::000000000000:role/team/worker"


@pytest.fixture
def role(monkeypatch):
    """Gives the role this trust policy, with authorisation on."""
    monkeypatch.setattr(app, "AUTH", True)

    def trusted_by(*statements):
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        record = {
            "RoleName": "worker",
            "Arn": _ROLE,
            "RoleId": "AROATEST",
            "AssumeRolePolicyDocument": document,
        }
        monkeypatch.setitem(iam._roles._data, ("000000000000", "worker"), record)

    return trusted_by


def _allow(service, **more):
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}, **more}


def _assume(service="states.amazonaws.com", **more):
    return identity.session_for_role(_ROLE, service_principal=service, session_name="run 1", **more)


def test_a_named_service_gets_credentials_of_the_role(role):
    role(_allow(["states.amazonaws.com", "glue.amazonaws.com"]))
    credentials = _assume().get_credentials()
    record = sts._sessions[credentials.access_key]
    assert record["Arn"] == "arn:aws:sts::000000000000:assumed-role/worker/run-1"
    assert credentials.token == record["SessionToken"]


def test_the_same_session_is_used_again(role):
    role(_allow("states.amazonaws.com"))
    assert _assume() is _assume()


def test_a_session_that_is_over_is_not_used_again(role):
    role(_allow("states.amazonaws.com"))
    over = _assume()
    sts._sessions[over.get_credentials().access_key]["Expiration"] = 0
    assert _assume() is not over


def test_another_service_is_refused(role):
    role(_allow("lambda.amazonaws.com"))
    with pytest.raises(identity.AccessDenied, match=r"states\.amazonaws\.com is not authorized"):
        _assume()


def test_trust_in_an_account_is_not_trust_in_a_service(role):
    role(
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
        }
    )
    with pytest.raises(identity.AccessDenied):
        _assume()


def test_conditions_on_the_source_are_judged(role):
    role(
        _allow(
            "states.amazonaws.com",
            Condition={
                "StringEquals": {"aws:SourceAccount": "000000000000"},
                "ArnLike": {"aws:SourceArn": "arn:aws:states:*:*:stateMachine:mine"},
            },
        )
    )
    _assume(source_arn="arn:aws:states:ap-southeast-2:000000000000:stateMachine:mine")
    with pytest.raises(identity.AccessDenied):
        _assume(source_arn="arn:aws:states:ap-southeast-2:000000000000:stateMachine:yours")
    with pytest.raises(identity.AccessDenied):
        _assume()


def test_a_deny_wins(role):
    role(_allow("states.amazonaws.com"), {**_allow("states.amazonaws.com"), "Effect": "Deny"})
    with pytest.raises(identity.AccessDenied):
        _assume()


def test_a_role_that_does_not_exist_is_refused(role):
    with pytest.raises(identity.AccessDenied, match="does not exist"):
        identity.session_for_role(
            "arn:aws:iam::000000000000:role/none",
            service_principal="states.amazonaws.com",
            session_name="run",
        )


@pytest.mark.parametrize("arn", ["", "worker", "arn:aws:iam::000000000000:user/worker"])
def test_what_is_not_a_role_arn_is_refused_with_the_right_form(arn):
    with pytest.raises(identity.AccessDenied, match="must look like arn:aws:iam::<account>:role/<name>"):
        trust.require_service_may_assume(arn, "states.amazonaws.com")


def test_the_root_key_stands_for_itself():
    credentials = identity.session_for_access_key("000000000000").get_credentials()
    assert (credentials.access_key, credentials.token) == ("000000000000", None)


def test_an_unknown_access_key_is_refused():
    with pytest.raises(identity.AccessDenied, match="AKIAUNKNOWN"):
        identity.session_for_access_key("AKIAUNKNOWN")
