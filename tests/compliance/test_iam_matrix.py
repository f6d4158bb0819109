"""Who may do what in each environment is as reviewed; strangers may do nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from iam_matrix import ANONYMOUS, COLUMNS, FOREIGN, NOBODY, PROBES, cells
from iam_page import page

from data_platform.guardrails import read_estate

PAGES = Path(__file__).resolve().parents[2] / "docs" / "iam-matrix"
RECORD = "Read the difference, then: python -m pytest tests/compliance --record-pages"


@pytest.fixture(scope="module")
def matrix_of():
    made = {}

    def matrix(assembly):
        if assembly.environment not in made:
            started = time.perf_counter()
            estate = read_estate(sorted(map(str, assembly.directory.rglob("*.template.json"))))
            made[assembly.environment] = cells(estate)
            seconds = time.perf_counter() - started
            print(f"{assembly.environment}: {len(made[assembly.environment])} cells in {seconds:.1f} s")  # noqa: T201
        return made[assembly.environment]

    return matrix


def allowed(matrix, row):
    return [f"{cell.column} on {cell.resource}" for cell in matrix if cell.row == row and cell.allowed]


def test_the_matrix_is_as_reviewed(assembly, matrix_of, pytestconfig):
    file, text = PAGES / f"{assembly.environment}.md", page(assembly.environment, matrix_of(assembly))
    if pytestconfig.getoption("--record-pages"):
        PAGES.mkdir(exist_ok=True)
        file.write_text(text)

    assert file.read_text().splitlines() == text.splitlines(), RECORD


@pytest.mark.parametrize("row", [FOREIGN, ANONYMOUS, NOBODY])
def test_a_stranger_may_do_nothing(assembly, matrix_of, row):
    strangers = allowed(matrix_of(assembly), row)
    # A role that trusts the account leaves it to the account's own policies who becomes it: a user has none.
    assert strangers == []


def test_nothing_is_allowed_over_plain_http(assembly, matrix_of):
    assert [
        cell for cell in matrix_of(assembly) if cell.column == "GetObject over http" and cell.allowed
    ] == []


def test_a_power_user_whom_no_key_names_decrypts_nothing(assembly, matrix_of):
    decrypts = [each for each in allowed(matrix_of(assembly), "power user") if each.startswith("Decrypt")]

    assert decrypts == []


def test_every_cell_was_really_computed(assembly, matrix_of):
    matrix = matrix_of(assembly)

    assert {cell.error for cell in matrix} == {""}
    assert {key for cell in matrix for key in cell.ignored} == set()
    # Were all denied by one missing context key, the table would look safe and say nothing.
    by_roles = {cell.column for cell in matrix if cell.allowed and cell.row not in PROBES}
    assert by_roles >= {"GetObject", "PutObject", "Decrypt", "GetItem"}
    assert len(matrix) > 100 * len(COLUMNS)
