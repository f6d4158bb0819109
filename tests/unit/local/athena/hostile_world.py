"""A database with secrets, an analyst who may see a part of it, and a shadow that really holds only that part.

Each secret carries a marker. The shadow's tables have the names, columns and rows that the analyst may see, and no
more: a statement of the analyst must answer what the shadow answers to its owner, or it has learnt something.
"""

from __future__ import annotations

import gzip
import io
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.unit.local.athena.conftest import LAKE, RESULTS, Athena, QueryFailed

MARKER = "zq7marker"
NUMBER = "7358021946"
SECRETS = (MARKER, NUMBER, b"zq7marker".hex(), MARKER[::-1], MARKER.upper())

_RIGHTS = (
    {"Effect": "Allow", "Action": ["athena:*", "glue:*", "lakeformation:GetDataAccess"], "Resource": "*"},
    {
        "Effect": "Allow",
        "Action": [
            "s3:GetObject",
            "s3:PutObject",
            "s3:DeleteObject",
            "s3:GetBucketLocation",
            "s3:ListBucket",
        ],
        "Resource": [f"arn:aws:s3:::{RESULTS}", f"arn:aws:s3:::{RESULTS}/*"],
    },
)
_EVERYONE = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}


@dataclass
class World:
    """Who asks and who owns; the names that statements are written with."""

    owner: Athena
    analyst: Athena
    arn: str
    shadow: Athena
    names: dict[str, str]
    shadow_names: dict[str, str]
    _allowed: dict[str, list[str]] = field(default_factory=dict)
    _read: dict[tuple[str, str], str] = field(default_factory=dict)

    def text(self, sql: str) -> str:
        return _filled(sql, self.names)

    def seen(self, sql: str) -> list[str]:
        """Everything that the analyst gets to see of a statement: rows, names, error, statistics, files."""
        return _named(_seen(self.analyst, _filled(sql, self.names)), self.names)

    def allowed(self, sql: str) -> list[str]:
        """The same from the shadow, which never changes and is asked once."""
        if sql not in self._allowed:
            self._allowed[sql] = _named(
                _seen(self.shadow, _filled(sql, self.shadow_names)), self.shadow_names
            )
        return self._allowed[sql]

    def files(self) -> list[str]:
        """What lies below the scratch database's prefix of the results, as text; each object is read once."""
        s3 = self.owner.client("s3")
        listed = s3.list_objects_v2(Bucket=RESULTS, Prefix=self.names["scratch"]).get("Contents", [])
        found = {(item["Key"], item["ETag"]) for item in listed}
        for key, tag in found - self._read.keys():
            self._read[key, tag] = _text(key, s3.get_object(Bucket=RESULTS, Key=key)["Body"].read())
        return [self._read[each] for each in sorted(found)]


def build(aws: Any) -> World:
    """The world on a server."""
    suffix = uuid.uuid4().hex[:8]
    names = {name: f"{name}_{suffix}" for name in ("clinic", "scratch")}
    shadow_names = {"clinic": f"mirror_{suffix}", "scratch": f"pad_{suffix}"}
    _buckets(aws)
    _databases(aws, [*names.values(), *shadow_names.values()])
    owner, shadow = (Athena(aws=aws, database=each["clinic"]) for each in (names, shadow_names))
    _register(aws, names["clinic"])
    _secrets(owner)
    _mirror(shadow)
    names |= _moments(owner)
    shadow_names |= {key: names[key] for key in ("before_rename", "first_snapshot")}
    arn = aws.role(*_RIGHTS)
    _grants(aws, arn, names)
    analyst = Athena(aws=aws, session=aws.session_as(arn), database=names["clinic"])
    return World(owner=owner, analyst=analyst, arn=arn, shadow=shadow, names=names, shadow_names=shadow_names)


def _filled(sql: str, names: dict[str, str]) -> str:
    for name, spelled in names.items():
        sql = sql.replace("{" + name + "}", spelled)
    return sql.replace("{once}", uuid.uuid4().hex[:8])


def _named(answer: list[str], names: dict[str, str]) -> list[str]:
    """An answer in the words in which statements are written, in which two worlds can be compared."""
    for name, spelled in names.items():
        answer = [text.replace(spelled, "{" + name + "}") for text in answer]
    return answer


def _seen(who: Athena, sql: str) -> list[str]:
    try:
        answer = who.run(sql)
    except QueryFailed as failed:
        return [f"refused: {failed}"]
    return sorted([json.dumps(row) for row in answer.rows] + [f"columns: {answer.columns} {answer.types}"])


def _buckets(aws: Any) -> None:
    s3 = aws.client("s3")
    existing = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    for name in {RESULTS, LAKE} - existing:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": aws.endpoint.region})


def _databases(aws: Any, names: list[str]) -> None:
    glue, lake = aws.client("glue"), aws.client("lakeformation")
    for name in names:
        glue.create_database(DatabaseInput={"Name": name, "CreateTableDefaultPermissions": []})
        held = lake.list_permissions(Principal=_EVERYONE, Resource={"Database": {"Name": name}})
        if held["PrincipalResourcePermissions"]:
            lake.revoke_permissions(
                Principal=_EVERYONE, Resource={"Database": {"Name": name}}, Permissions=["ALL"]
            )


def _register(aws: Any, database: str) -> None:
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "lakeformation.amazonaws.com"},
    }
    data = {
        "Effect": "Allow",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{LAKE}", f"arn:aws:s3:::{LAKE}/*"],
    }
    iam, name = aws.client("iam"), f"lake-{uuid.uuid4().hex[:8]}"
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [data]})
    iam.put_role_policy(RoleName=name, PolicyName="data", PolicyDocument=policy)
    aws.client("lakeformation").register_resource(
        ResourceArn=f"arn:aws:s3:::{LAKE}/{database}", RoleArn=arn, UseServiceLinkedRole=False
    )


def _secrets(owner: Athena) -> None:
    """Patients: columns email and salary are secret, and rows of other states; card: a column by tag; and so on."""
    owner.iceberg(
        "patients",
        "id bigint, name string, state string, note string, contact string, salary bigint, passport string",
    )
    owner.run(
        f"INSERT INTO patients VALUES (1, 'Ann', 'VIC', '10', '{MARKER}-a', {NUMBER}, '{MARKER}-p'), "
        f"(2, 'Bob', 'VIC', '20', '{MARKER}-b', {NUMBER}, '{MARKER}-q')"
    )
    owner.run(
        f"INSERT INTO patients VALUES (7, '{MARKER}-row', 'NSW', '{MARKER}-note', 'x', 1, 'x'), "
        f"({NUMBER}, 'Dan', NULL, '{MARKER}-null', 'y', 2, 'y')"
    )
    time.sleep(0.02)
    owner.run("ALTER TABLE patients CHANGE COLUMN contact email string")
    owner.run("ALTER TABLE patients DROP COLUMN passport")
    owner.run(f"INSERT INTO patients VALUES (3, 'Cat', 'VIC', '30', '{MARKER}-c', {NUMBER})")
    owner.put_parquet(
        f"cards/card={MARKER}/part.parquet", pa.table({"id": pa.array([1], pa.int32()), "limit_": ["10"]})
    )
    owner.run(
        f"CREATE EXTERNAL TABLE cards (id int, limit_ string) PARTITIONED BY (card string) "
        f"STORED AS PARQUET LOCATION '{owner.place('cards')}'"
    )
    owner.run("MSCK REPAIR TABLE cards")
    for state, text in (("VIC", "open"), (f"NSW{MARKER}", f"{MARKER}-visit")):
        table = pa.table({"id": pa.array([1], pa.int32()), "reason": [text]})
        owner.put_parquet(f"visits/state={state}/part.parquet", table)
    owner.run(
        f"CREATE EXTERNAL TABLE visits (id int, reason string) PARTITIONED BY (state string) "
        f"STORED AS PARQUET LOCATION '{owner.place('visits')}'"
    )
    owner.run("MSCK REPAIR TABLE visits")
    rows = f"1,{MARKER}-iban,Ann\n2,{MARKER}-iban2,Bob\n"
    owner.aws.client("s3").put_object(Bucket=LAKE, Key=f"{owner.database}/accounts/a.csv", Body=rows.encode())
    owner.run(
        "CREATE EXTERNAL TABLE accounts (id int, iban string, holder string) "
        f"ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION '{owner.place('accounts')}'"
    )
    owner.iceberg("results", "id int, state string, finding string")
    owner.run(
        f"INSERT INTO results VALUES (1, 'VIC', 'fine'), (2, 'NSW', '{MARKER}-finding'), (3, 'VIC', 'ill')"
    )
    owner.iceberg("sealed", "id int, secret string")
    owner.run(f"INSERT INTO sealed VALUES (1, '{MARKER}-sealed')")
    owner.run("CREATE VIEW everything AS SELECT * FROM patients")
    owner.run("CREATE VIEW emails AS SELECT id, email AS harmless FROM patients")
    owner.run("CREATE VIEW again AS SELECT * FROM everything")
    owner.run("CREATE VIEW hidden_source AS SELECT * FROM sealed")


def _mirror(shadow: Athena) -> None:
    """What the analyst may see, as tables that hold nothing else."""
    shadow.iceberg("patients", "id bigint, name string, state string, note string")
    shadow.run(
        "INSERT INTO patients VALUES (1, 'Ann', 'VIC', '10'), (2, 'Bob', 'VIC', '20'), (3, 'Cat', 'VIC', '30')"
    )
    shadow.put_parquet("cards/p.parquet", pa.table({"id": pa.array([1], pa.int32()), "limit_": ["10"]}))
    shadow.run(
        f"CREATE EXTERNAL TABLE cards (id int, limit_ string) STORED AS PARQUET LOCATION '{shadow.place('cards')}'"
    )
    table = pa.table({"id": pa.array([1], pa.int32()), "reason": ["open"]})
    shadow.put_parquet("visits/state=VIC/part.parquet", table)
    shadow.run(
        f"CREATE EXTERNAL TABLE visits (id int, reason string) PARTITIONED BY (state string) "
        f"STORED AS PARQUET LOCATION '{shadow.place('visits')}'"
    )
    shadow.run("MSCK REPAIR TABLE visits")
    shadow.aws.client("s3").put_object(
        Bucket=LAKE, Key=f"{shadow.database}/accounts/a.csv", Body=b"1,Ann\n2,Bob\n"
    )
    shadow.run(
        "CREATE EXTERNAL TABLE accounts (id int, holder string) "
        f"ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION '{shadow.place('accounts')}'"
    )
    shadow.iceberg("results", "id int, state string, finding string")
    shadow.run("INSERT INTO results VALUES (1, 'VIC', 'fine'), (2, 'NSW', NULL), (3, 'VIC', 'ill')")
    shadow.run("CREATE VIEW everything AS SELECT * FROM patients")
    shadow.run("CREATE VIEW again AS SELECT * FROM everything")


def _moments(owner: Athena) -> dict[str, str]:
    """Snapshots of patients: the first, and the last before the secret column was renamed and another dropped."""
    found = owner.rows('SELECT snapshot_id, committed_at FROM "patients$snapshots" ORDER BY committed_at')
    return {"first_snapshot": found[0][0], "before_rename": found[1][0]}


def _grants(aws: Any, arn: str, names: dict[str, str]) -> None:
    lake, database, catalog = aws.client("lakeformation"), names["clinic"], aws.endpoint.account
    who = {"DataLakePrincipalIdentifier": arn}

    def grant(resource: dict[str, Any], *permissions: str) -> None:
        lake.grant_permissions(Principal=who, Resource=resource, Permissions=list(permissions))

    def cells(table: str, name: str, **more: Any) -> None:
        key = {"TableCatalogId": catalog, "DatabaseName": database, "TableName": table, "Name": name}
        lake.create_data_cells_filter(TableData={**key, **more})
        grant({"DataCellsFilter": key}, "SELECT")

    vic = {"FilterExpression": "state = 'VIC'"}
    cells("patients", "vic", RowFilter=vic, ColumnNames=["id", "name", "state", "note"])
    cells("visits", "vic", RowFilter=vic, ColumnWildcard={})
    cells(
        "results",
        "ids",
        RowFilter={"AllRowsWildcard": {}},
        ColumnWildcard={"ExcludedColumnNames": ["finding"]},
    )
    cells("results", "vic", RowFilter=vic, ColumnNames=["finding"])
    grant(
        {
            "TableWithColumns": {
                "DatabaseName": database,
                "Name": "cards",
                "ColumnWildcard": {"ExcludedColumnNames": ["card"]},
            }
        },
        "SELECT",
    )
    key = f"secrecy-{database}"
    lake.create_lf_tag(TagKey=key, TagValues=["low", "high"])
    accounts = {"Table": {"DatabaseName": database, "Name": "accounts"}}
    lake.add_lf_tags_to_resource(Resource=accounts, LFTags=[{"TagKey": key, "TagValues": ["low"]}])
    iban = {"TableWithColumns": {"DatabaseName": database, "Name": "accounts", "ColumnNames": ["iban"]}}
    lake.add_lf_tags_to_resource(Resource=iban, LFTags=[{"TagKey": key, "TagValues": ["high"]}])
    expression = [{"TagKey": key, "TagValues": ["low"]}]
    grant({"LFTagPolicy": {"ResourceType": "TABLE", "Expression": expression}}, "SELECT")
    for view in ("everything", "emails", "again", "hidden_source"):
        grant({"Table": {"DatabaseName": database, "Name": view}}, "SELECT", "DESCRIBE")
    for table in ("patients", "visits", "cards", "accounts"):
        grant({"Table": {"DatabaseName": database, "Name": table}}, "INSERT", "DELETE", "ALTER", "DESCRIBE")
    grant({"Table": {"DatabaseName": database, "Name": "sealed"}}, "DESCRIBE")
    grant({"Database": {"Name": names["scratch"]}}, "CREATE_TABLE", "DESCRIBE")


def _text(key: str, body: bytes) -> str:
    """An object as text; the rows of a Parquet file too."""
    body = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    rows = str(pq.read_table(io.BytesIO(body)).to_pylist()) if body[:4] == b"PAR1" else ""
    return f"{key}{body.decode(errors='replace')}{rows}"
