"""The landing job on real files: what lands is masked, what is not the contract's does not land at all."""

from __future__ import annotations

import datetime as dt
import json

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from data_platform.contracts.tokens import TokenKeys
from jobs.landing import __main__ as landing
from jobs.landing import delivery
from tests.unit.contracts.contract_files import AVIATION

KEYS = TokenKeys(keys={1: "k" * 64})
VALUES = ["ada@example.com", "", "Zoë 🦆 日本", None, "1234", "12345", 'o\'hara, "x"\n']


class Store:
    """S3 and Secrets Manager as the job uses them; `objects` is what landed."""

    def __init__(self):
        self.objects = {}
        self.read_secrets = []

    def client(self, service, **_):
        return self

    def get_secret_value(self, **request):
        self.read_secrets.append(request["SecretId"])
        return {"SecretString": KEYS.secret()}

    def put_object(self, **request):
        assert request["IfNoneMatch"] == "*"
        key = request["Key"]
        if key in self.objects:
            raise delivery.ClientError(
                {"Error": {"Code": "PreconditionFailed"}, "ResponseMetadata": {"HTTPStatusCode": 412}},
                "PutObject",
            )
        self.objects[key] = request["Body"].read()


@pytest.fixture
def store(monkeypatch):
    made = Store()
    monkeypatch.setattr(delivery.boto3, "client", made.client)
    return made


def _column(name, physical="string", logical="string", masking=None, **more):
    extra = [{"property": "pii", "value": True}, {"property": "masking", "value": masking}] if masking else []
    return {
        "name": name,
        "description": f"The {name}",
        "logicalType": logical,
        "physicalType": physical,
        "classification": "confidential" if masking else "internal",
        **more,
        "customProperties": extra,
    }


@pytest.fixture
def contract(tmp_path):
    """Write a contract with these columns beside an `id`; `source` is its format."""

    def write(*columns, form="parquet"):
        value = yaml.safe_load((AVIATION / "airlines.odcs.yaml").read_text())
        value |= {"domain": "shop", "name": "people"}
        for one in value["customProperties"]:
            if one["property"] == "source":
                one["value"]["format"] = form
        key = _column("id", "bigint", "integer", required=True, primaryKey=True, primaryKeyPosition=1)
        value["slaProperties"] = [
            p for p in value["slaProperties"] if not str(p.get("element", "")).startswith("airlines")
        ]
        value["schema"] = [
            {
                "name": "people",
                "physicalType": "table",
                "description": "All the people.",
                "properties": [key, *columns],
            }
        ]
        folder = tmp_path / "shop"
        folder.mkdir(exist_ok=True)
        file = folder / "people.odcs.yaml"
        file.write_text(yaml.safe_dump(value, sort_keys=False))
        return file

    return write


def _mask(method):
    return {"method": method, "when": "landing"}


def _parquet(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


def _landed(store, column):
    (body,) = store.objects.values()
    table = pq.read_table(pa.BufferReader(body))
    return dict(zip(table.column("id").to_pylist(), table.column(column).to_pylist(), strict=True))


def _run(contract, *files, day="2026-01-31"):
    return landing.main(["--contract", str(contract), "--date", day, *map(str, files)])


def _last4(value):
    return "*" * len(value) if len(value) <= 4 else "*" * (len(value) - 4) + value[-4:]


@pytest.mark.parametrize(
    ("method", "model"),
    [
        ("tokenize", KEYS.token),
        ("hash", lambda v: duckdb.execute("SELECT sha256(?)", [f"shop.email:{v}"]).fetchone()[0]),
        ("redact", lambda _: "[redacted]"),
        ("last4", _last4),
        ("null", lambda _: None),
    ],
)
def test_each_method_gives_for_each_text_what_a_plain_model_of_it_gives(
    store, contract, tmp_path, method, model
):
    file = _parquet(tmp_path / "in.parquet", id=list(range(len(VALUES))), email=pa.array(VALUES, pa.string()))

    assert _run(contract(_column("email", masking=_mask(method))), file) == 0
    expected = {number: None if value is None else model(value) for number, value in enumerate(VALUES)}
    assert _landed(store, "email") == expected


def test_a_date_lands_as_the_first_of_its_year(store, contract, tmp_path):
    born = [dt.date(1980, 2, 29), None, dt.date(1, 1, 1)]
    file = _parquet(tmp_path / "in.parquet", id=[1, 2, 3], born=pa.array(born, pa.date32()))

    assert _run(contract(_column("born", "date", "date", masking=_mask("truncate-date"))), file) == 0
    assert _landed(store, "born") == {1: dt.date(1980, 1, 1), 2: None, 3: dt.date(1, 1, 1)}


def test_what_is_not_masked_at_landing_lands_as_it_is_and_no_key_is_read(store, contract, tmp_path):
    file = _parquet(tmp_path / "in.parquet", id=[1, 2], email=["a@b", None])

    assert _run(contract(_column("email", masking={"method": "hash", "when": "query"})), file) == 0
    assert _landed(store, "email") == {1: "a@b", 2: None}
    assert store.read_secrets == []


def test_the_same_files_land_once(store, contract, tmp_path, capsys):
    file = _parquet(tmp_path / "in.parquet", id=[1], email=["a@b"])
    masked = contract(_column("email", masking=_mask("tokenize")))

    assert [_run(masked, file), _run(masked, file)] == [0, 0]
    assert len(store.objects) == 1
    assert "had landed before" in capsys.readouterr().out


def test_several_files_land_as_one_object_under_the_days_path(store, contract, tmp_path):
    first = _parquet(tmp_path / "1.parquet", id=[1], email=["a"])
    second = _parquet(tmp_path / "2.parquet", id=[2], email=["b"])

    assert _run(contract(_column("email", masking=_mask("redact"))), first, second) == 0
    (key,) = store.objects
    assert key.startswith("people/source=")
    assert "/ingest_date=2026-01-31/run_id=" in key
    assert sorted(_landed(store, "email")) == [1, 2]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"id": [1], "e_mail": ["a"]}, "column 'email' is missing; is it 'e_mail'?"),
        ({"id": ["1"], "email": ["a"]}, "column 'id' is VARCHAR, the contract says bigint"),
        ({"id": [1], "email": ["a"], "passport": ["x"]}, "column 'passport' is not in the contract"),
    ],
)
def test_a_file_whose_columns_are_not_the_contracts_is_refused_by_name(
    store, contract, tmp_path, capsys, columns, message
):
    file = _parquet(tmp_path / "in.parquet", **columns)

    assert _run(contract(_column("email", masking=_mask("tokenize"))), file) == 1
    assert message in capsys.readouterr().err
    assert store.objects == {}


def test_a_damaged_file_is_refused_without_its_content(store, contract, tmp_path, capsys):
    file = _parquet(tmp_path / "in.parquet", id=list(range(5000)), email=[f"secret{n}" for n in range(5000)])
    content = bytearray(file.read_bytes())
    content[100:400] = b"\xff" * 300
    file.write_bytes(content)

    assert _run(contract(_column("email", masking=_mask("redact"))), file) == 1
    assert "secret" not in capsys.readouterr().err
    assert store.objects == {}


def test_a_secret_that_holds_no_keys_is_refused_without_showing_it(
    store, contract, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(
        store, "get_secret_value", lambda **_: {"SecretString": '{"current": 2, "1": "short"}'}
    )
    file = _parquet(tmp_path / "in.parquet", id=[1], email=["a"])

    assert _run(contract(_column("email", masking=_mask("tokenize"))), file) == 1
    assert "short" not in capsys.readouterr().err
    assert store.objects == {}


def test_csv_is_masked_and_a_value_that_the_raw_table_would_cut_is_refused(store, contract, tmp_path, capsys):
    masked = contract(_column("email", masking=_mask("tokenize")), form="csv")
    good, cut = tmp_path / "good.csv", tmp_path / "cut.csv"
    good.write_text("id,email\n1,ada\n2,\n")
    cut.write_text('id,email\n"1,5",ada\n')

    assert _run(masked, good) == 0
    (body,) = store.objects.values()
    assert sorted(body.decode().split()) == ["1," + KEYS.token("ada"), "2,", "id,email"]
    assert _run(masked, cut) == 1
    assert "column 'id'" in capsys.readouterr().err


def test_wrong_calls_are_told_before_anything_is_read(contract, tmp_path, capsys):
    file = _parquet(tmp_path / "in.parquet", id=[1], email=["a"])
    masked = contract(_column("email", masking=_mask("redact")))

    for arguments in (["--date", "2026-13-01"], ["--date", "20260101"]):
        with pytest.raises(SystemExit) as ended:
            landing.main(["--contract", str(masked), *arguments, str(file)])
        assert ended.value.code == 2
    assert "is no day" in capsys.readouterr().err
    assert landing.main(["--contract", str(masked), "--date", "2026-01-31", "-e", "tset", str(file)]) == 1


def test_the_answer_for_machines_is_one_json_document(store, contract, tmp_path, capsys):
    file = _parquet(tmp_path / "in.parquet", id=[1], email=["a"])
    masked = contract(_column("email", masking=_mask("tokenize")))

    landing.main(["--json", "--contract", str(masked), "--date", "2026-01-31", str(file)])
    answer = json.loads(capsys.readouterr().out)
    assert answer["rows"] == 1
    assert answer["masked"] == ["email"]
    assert answer["new"] is True
