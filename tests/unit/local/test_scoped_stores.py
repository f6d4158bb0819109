"""A store shows a request what its own account and region have, however it is walked."""

from __future__ import annotations

import pytest
from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict, request_scope

from local import scoped_stores

STORES = (AccountScopedDict, AccountRegionScopedDict)
METHODS = ("items", "keys", "values", "__iter__", "__len__", "__bool__")


@pytest.fixture(autouse=True)
def _installed(monkeypatch):
    for store in STORES:
        for name in METHODS:
            monkeypatch.setattr(store, name, getattr(store, name))
    scoped_stores.install()


def _filled(store):
    made = store()
    for account in ("111111111111", "222222222222"):
        for region in ("ap-southeast-2", "ap-southeast-4"):
            with request_scope(account, region):
                made[f"{account} {region}"] = region
    return made


@pytest.mark.parametrize("store", STORES)
def test_a_walk_shows_what_is_mine(store):
    made = _filled(store)
    both = ["111111111111 ap-southeast-2", "111111111111 ap-southeast-4"]
    mine = both if store is AccountScopedDict else both[:1]

    with request_scope("111111111111", "ap-southeast-2"):
        assert made.keys() == list(made) == mine
        assert made.items() == [(key, key.split()[1]) for key in mine]
        assert made.values() == [key.split()[1] for key in mine]
        assert len(made) == len(mine)
        assert made


@pytest.mark.parametrize("store", STORES)
def test_a_store_of_others_is_empty(store):
    with request_scope("333333333333", "ap-southeast-2"):
        made = _filled(store)
        assert not made
        assert (len(made), made.items(), list(made)) == (0, [], [])


@pytest.mark.parametrize("store", STORES)
def test_what_is_added_while_it_is_walked_stops_no_walk(store):
    with request_scope("111111111111", "ap-southeast-2"):
        made = _filled(store)
        before = made.keys()
        for key in made:
            made[f"{key} again"] = key
        assert len(made) == 2 * len(before)
