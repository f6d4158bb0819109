"""A loader that forgets what keeps the lake exact is found out: the checks of the other tests can fail."""

from __future__ import annotations

import contextlib

import pytest
from poison import mistakes, of_every_kind

from operations.laptop import stock_writer
from tests.waiting import until

pytestmark = pytest.mark.local
NO_LETTERS = "\nDeadLetters.send = lambda self, letters: None\n"
NO_ORDER = """
_ordered = statement
def statement(sql, files, *, run):
    return _ordered(sql.replace('s."_position" > t."_position"', 'true'), files, run=run)
"""
ROW = {
    "sku": "SKU-04998", "location": "NSW-01", "reorder_point": None, "unit_cost": "1.00", "counted_at": None, "note": None,
}  # fmt: skip


@contextlib.contextmanager
def mutated(shop, module, addition):
    """The loader with some lines more at a module's end, and after that as it was."""
    file = shop.state / "images" / "dp-local" / "stream-loader" / "stream_loader" / f"{module}.py"
    own = file.read_text()
    try:
        file.write_text(own + addition)
        shop.kill("loader")
        yield
    finally:
        file.write_text(own)
        shop.kill("loader")


def loaded(shop):
    """Wait until all that is in the topic now is loaded and merged."""
    records = len(shop.read(shop.topic))

    def up_to_now():
        found = shop.loading()
        return sum(found.next_offset.values()) >= records and not found.unmerged

    until(up_to_now, every=1)


def test_a_loader_that_writes_no_dead_letters_is_found_out(shop):
    version, schema = shop.schema_version()
    poison = of_every_kind(version, schema, first=9_900, place=shop.source.place)[0]
    before = len(shop.read(shop.dead_letters))
    loaded(shop)
    with mutated(shop, "dead_letters", NO_LETTERS):
        [place] = shop.send([(poison.key, poison.value, list(poison.headers))])
        loaded(shop)
        assert mistakes({place: poison}, shop.read(shop.dead_letters)[before:]) == [
            f"{place} (BadMagic) is lost"
        ]


def test_a_loader_that_takes_any_change_for_the_newest_is_found_out(shop):
    with shop.database() as database:
        for quantity in (1, 2):
            row = {**ROW, "quantity": quantity}
            stock_writer.write(database, [{"operation": "insert", "rows": [row]}])
    assert shop.settles() == []
    key = b'{"sku":"SKU-04998","location":"NSW-01"}'
    first = next(one for one in shop.read(shop.topic) if one.key() == key)
    with mutated(shop, "merge", NO_ORDER):
        shop.send([(first.key(), first.value(), first.headers())], partition=first.partition())
        loaded(shop)
        with shop.database() as database:
            [other] = shop.differences(database)
    assert (other.source[2], other.lake[2]) == ("2", "1")
    with shop.database() as database:
        stock_writer.write(database, [{"operation": "update", "rows": [{**ROW, "quantity": 3}]}])
    assert shop.settles() == []
