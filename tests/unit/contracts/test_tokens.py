"""Tokens: HMAC by the book, the same on whole vectors, chained so that a rotated key keeps joins."""

from __future__ import annotations

import hashlib
import hmac
import json

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_platform.contracts.tokens import TokenKeys, UnusableTokenKeyError, is_token

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
KEY = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=64, max_size=200)
VERSIONS = st.lists(KEY, min_size=1, max_size=3).map(
    lambda keys: TokenKeys(keys=dict(enumerate(keys, start=1)))
)


@given(key=KEY, value=TEXTS)
def test_a_first_token_is_pythons_own_hmac(key, value):
    expected = hmac.digest(key.encode(), value.encode(), hashlib.sha256).hex()
    assert TokenKeys(keys={1: key}).token(value) == f"t1_{expected}"


@settings(max_examples=50)
@given(keys=VERSIONS, values=st.lists(st.none() | TEXTS, min_size=1))
def test_duckdb_makes_the_same_tokens_on_whole_vectors_and_keeps_null(keys, values):
    database = duckdb.connect()
    database.execute("CREATE TABLE t (n INTEGER, v VARCHAR)")
    database.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(values)))
    sql, parameters = keys.duckdb_sql("v")
    found = database.execute(f"SELECT {sql} FROM t ORDER BY n", parameters).fetchall()
    assert [row[0] for row in found] == [None if value is None else keys.token(value) for value in values]


@given(keys=VERSIONS, value=TEXTS)
def test_an_old_token_becomes_what_the_value_would_give_now_however_often_the_key_was_rotated(keys, value):
    newer = keys.rotated().rotated()
    assert newer.upgraded(keys.token(value)) == newer.token(value)
    assert newer.upgraded(newer.token(value)) == newer.token(value)
    assert is_token(newer.token(value), keys.current + 2)


@given(one=KEY, other=KEY, value=TEXTS)
def test_a_value_has_one_token_in_a_domain_and_another_in_the_next(one, other, value):
    mine, theirs = TokenKeys(keys={1: one}), TokenKeys(keys={1: other})
    assert mine.token(value) == mine.token(value)
    assert (mine.token(value) == theirs.token(value)) == (one == other)


@given(keys=VERSIONS)
def test_the_secret_gives_back_its_keys_and_no_text_of_the_object_shows_one(keys):
    assert TokenKeys.parse(keys.secret()) == keys
    assert all(key not in repr(keys) for key in keys.keys.values())


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "[]",
        "{}",
        "no json",
        json.dumps({"current": 1}),
        json.dumps({"current": 2, "1": "k" * 64}),
        json.dumps({"current": 1, "1": "short"}),
        json.dumps({"current": 1, "1": 7}),
        json.dumps({"current": "1", "1": "k" * 64}),
        json.dumps({"current": 1, "one": "k" * 64}),
    ],
)
def test_a_secret_in_another_form_is_refused_without_being_repeated(secret):
    with pytest.raises(UnusableTokenKeyError, match="restore the version before it") as refused:
        TokenKeys.parse(secret)
    assert "short" not in str(refused.value)


@pytest.mark.parametrize("text", ["ada@example.com", "t0_" + "0" * 64, "t2_" + "0" * 64, "t1_" + "0" * 63])
def test_what_is_no_token_of_a_known_key_is_not_upgraded_and_not_shown_whole(text):
    with pytest.raises(ValueError, match="is no token of version 1 to 1") as refused:
        TokenKeys(keys={1: "k" * 64}).upgraded(text)
    assert text not in str(refused.value)
