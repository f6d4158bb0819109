"""Tables over the store: events of the trail, access logs, and the history of Athena's queries."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from aws_cdk import aws_glue as glue
from constructs import Construct

from data_platform.audit.replicated_bucket import ACCESS_LOGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from data_platform.audit.names import AuditNames

CLOUDTRAIL, ACCESS, QUERIES = "cloudtrail", "s3_access", "athena_queries"
QUERY_PREFIX = "athena-queries/"
# No environment is older; a question without a day looks no further back.
FIRST_YEAR = 2026
_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_ISSUER = "struct<type:string,principalid:string,arn:string,accountid:string,username:string>"
_SESSION = f"struct<attributes:struct<mfaauthenticated:string,creationdate:string>,sessionissuer:{_ISSUER}>"
_IDENTITY = (
    "struct<type:string,principalid:string,arn:string,accountid:string,invokedby:string,accesskeyid:string,"
    f"username:string,sessioncontext:{_SESSION}>"
)
# Source: https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table-partition-projection.html
_CLOUDTRAIL_COLUMNS = {
    "eventversion": "string",
    "useridentity": _IDENTITY,
    "eventtime": "string",
    "eventsource": "string",
    "eventname": "string",
    "awsregion": "string",
    "sourceipaddress": "string",
    "useragent": "string",
    "errorcode": "string",
    "errormessage": "string",
    "requestparameters": "string",
    "responseelements": "string",
    "additionaleventdata": "string",
    "requestid": "string",
    "eventid": "string",
    "readonly": "string",
    "resources": "array<struct<arn:string,accountid:string,type:string>>",
    "eventtype": "string",
    "recipientaccountid": "string",
    "sharedeventid": "string",
    "vpcendpointid": "string",
    "eventcategory": "string",
}
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-s3-access-logs-to-identify-requests.html
_ACCESS_COLUMNS = (
    "bucketowner",
    "bucket_name",
    "requestdatetime",
    "remoteip",
    "requester",
    "requestid",
    "operation",
    "key",
    "request_uri",
    "httpstatus",
    "errorcode",
    "bytessent",
    "objectsize",
    "totaltime",
    "turnaroundtime",
    "referrer",
    "useragent",
    "versionid",
    "hostid",
    "sigv",
    "ciphersuite",
    "authtype",
    "endpoint",
    "tlsversion",
    "accesspointarn",
    "aclrequired",
)
_WORD, _QUOTED = "([^ ]*)", '("[^"]*"|-)'
_ACCESS_LINE = (
    rf"{_WORD} {_WORD} \[(.*?)\] {_WORD} {_WORD} {_WORD} {_WORD} {_WORD} {_QUOTED} (-|[0-9]*) "
    + " ".join([_WORD] * 5)
    + f" {_QUOTED} {_QUOTED} {_WORD}"
    + f"(?: {' '.join([_WORD] * 8)})?.*"
)
_QUERY_COLUMNS = {
    "queryexecutionid": "string",
    "query": "string",
    "statementtype": "string",
    "workgroup": "string",
    "queryexecutioncontext": "struct<catalog:string,database:string>",
    "executionparameters": "array<string>",
    "resultconfiguration": "struct<outputlocation:string>",
    "status": (
        "struct<state:string,statechangereason:string,submissiondatetime:string,completiondatetime:string>"
    ),
    "statistics": "struct<datascannedinbytes:bigint,totalexecutiontimeinmillis:bigint>",
}


class AuditTables(Construct):
    """The database of the audit, its days and buckets projected, so that no partition is ever registered.

    Args:
        scope: The construct that owns the tables.
        construct_id: Name within its scope.
        names: Physical names.
        organization: Id of the organisation, under which its trail puts files; None without one.
        regions: Regions of the trail's events.
        buckets: Buckets with access logs.

    Attributes:
        database: The Glue database.
        tables: Tables by name.

    Example:
        >>> import aws_cdk as cdk
        >>> from data_platform.audit.names import AuditNames
        >>> made = AuditTables(cdk.Stack(), "Tables", organization=None, regions=["ap-southeast-2"], buckets=["raw"],
        ...     names=AuditNames(prefix="dp-dev", account="111111111111", region="ap-southeast-2"))
        >>> sorted(made.tables)
        ['athena_queries', 'cloudtrail', 's3_access']
    """

    database: glue.CfnDatabase
    tables: Mapping[str, glue.CfnTable]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: AuditNames,
        organization: str | None,
        regions: Sequence[str],
        buckets: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self._names = names
        self.database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=names.account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=names.database,
                description="What was done, read and asked; evidence, locked",
                create_table_default_permissions=[],
            ),
        )
        owner = f"{organization}/{names.account}" if organization else names.account
        self.tables = MappingProxyType(
            {
                CLOUDTRAIL: self._table(
                    CLOUDTRAIL,
                    "Calls of the account and objects that were read and written, by CloudTrail",
                    place=f"AWSLogs/{owner}/CloudTrail/",
                    beneath="${region}/${day}/",
                    partitions={"region": regions, "day": None},
                    columns=_CLOUDTRAIL_COLUMNS,
                    serde="org.apache.hive.hcatalog.data.JsonSerDe",
                    input_format="com.amazon.emr.cloudtrail.CloudTrailInputFormat",
                ),
                ACCESS: self._table(
                    ACCESS,
                    "Requests on the lake's buckets, by S3 itself",
                    place=f"{ACCESS_LOGS}{names.account}/{names.region}/",
                    beneath="${bucket}/${day}/",
                    partitions={"bucket": buckets, "day": None},
                    columns=dict.fromkeys(_ACCESS_COLUMNS, "string"),
                    serde="org.apache.hadoop.hive.serde2.RegexSerDe",
                    serde_parameters={"input.regex": _ACCESS_LINE},
                ),
                QUERIES: self._table(
                    QUERIES,
                    "Every query that ended in Athena, with its text, which CloudTrail leaves out",
                    place=QUERY_PREFIX,
                    beneath="${day}/",
                    partitions={"day": None},
                    columns=_QUERY_COLUMNS,
                    serde="org.openx.data.jsonserde.JsonSerDe",
                ),
            }
        )

    def _table(
        self,
        name: str,
        description: str,
        *,
        place: str,
        beneath: str,
        partitions: Mapping[str, Sequence[str] | None],
        columns: Mapping[str, str],
        serde: str,
        serde_parameters: Mapping[str, str] | None = None,
        input_format: str = _TEXT_INPUT,
    ) -> glue.CfnTable:
        location = f"s3://{self._names.store}/{place}"
        table = glue.CfnTable(
            self,
            "".join(word.title() for word in name.split("_")),
            catalog_id=self._names.account,
            database_name=self._names.database,
            table_input=glue.CfnTable.TableInputProperty(
                name=name,
                description=description,
                table_type="EXTERNAL_TABLE",
                parameters={
                    "EXTERNAL": "TRUE",
                    "projection.enabled": "true",
                    **_projection(partitions),
                    "storage.location.template": f"{location}{beneath}",
                },
                partition_keys=[
                    glue.CfnTable.ColumnProperty(name=column, type="string") for column in partitions
                ],
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    location=location,
                    input_format=input_format,
                    output_format=_OUTPUT,
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library=serde,
                        parameters=dict(serde_parameters or {"serialization.format": "1"}),
                    ),
                    columns=[glue.CfnTable.ColumnProperty(name=n, type=t) for n, t in columns.items()],
                ),
            ),
        )
        table.add_resource_dependency(self.database)
        return table


def _projection(partitions: Mapping[str, Sequence[str] | None]) -> dict[str, str]:
    """Partition columns: days, or the values that are listed."""
    found: dict[str, str] = {}
    for column, values in partitions.items():
        if values is None:
            found |= {
                f"projection.{column}.type": "date",
                f"projection.{column}.format": "yyyy/MM/dd",
                f"projection.{column}.range": f"{FIRST_YEAR}/01/01,NOW+1DAYS",
                f"projection.{column}.interval": "1",
                f"projection.{column}.interval.unit": "DAYS",
            }
        else:
            found |= {f"projection.{column}.type": "enum", f"projection.{column}.values": ",".join(values)}
    return found
