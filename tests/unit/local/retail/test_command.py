"""`python -m local.retail` writes whole files, says what it wrote and refuses what it cannot do."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from local.retail.__main__ import main

SMALL = ["--customers", "50", "--orders", "80", "--days", "2026-01-05..2026-01-06"]


def test_each_dataset_has_a_file_a_day(tmp_path, capsys):
    assert main(["--out", str(tmp_path), *SMALL, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert {name.split("/")[0] for name in rows} == {"customers", "orders", "order_items"}
    assert {name: pq.read_metadata(tmp_path / name).num_rows for name in rows} == rows
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".parquet"}


def test_a_second_call_writes_the_same_bytes(tmp_path):
    def written():
        assert main(["--out", str(tmp_path), *SMALL]) == 0
        return {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")}

    assert written() == written()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--days", "2026-01-06..2026-01-05"], "earlier day first"),
        (["--days", "tomorrow"], "YYYY-MM-DD"),
        (["--customers", "0"], "one customer or more"),
    ],
)
def test_wrong_arguments_end_2_and_say_what_is_allowed(tmp_path, capsys, arguments, said):
    with pytest.raises(SystemExit) as ended:
        main(["--out", str(tmp_path), *arguments])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_ends_1(tmp_path, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert main(["--out", str(blocked), *SMALL]) == 1
    assert "--out" in capsys.readouterr().err
