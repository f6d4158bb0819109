"""What auditors ask, as SQL of Athena. Each `?` is asked for when the saved query is run, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_platform.audit.tables import ACCESS, CLOUDTRAIL, QUERIES

if TYPE_CHECKING:
    from data_platform.audit.names import AuditNames

# A week back, in the layout of the partitions.
_LAST_WEEK = "day >= date_format(current_date - interval '7' day, '%Y/%m/%d')"
_WHO = (
    "coalesce(useridentity.sessioncontext.sessionissuer.arn, useridentity.arn, useridentity.invokedby, "
    "useridentity.type)"
)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A saved query.

    Args:
        name: Its name within the audit.
        title: What it answers.
        parameters: What each `?` stands for, in order.
        sql: The query.
    """

    name: str
    title: str
    parameters: tuple[str, ...]
    sql: str


def questions(names: AuditNames) -> tuple[Question, ...]:
    """Every saved query.

    Example:
        >>> from data_platform.audit.names import AuditNames
        >>> found = questions(AuditNames(prefix="dp-dev", account="111111111111", region="ap-southeast-2"))
        >>> found[0].name, found[0].parameters
        ('who-read-column', ('column', 'column', 'table (database/table)'))
    """
    events, access, queries = (f'"{names.database}"."{table}"' for table in (CLOUDTRAIL, ACCESS, QUERIES))
    return (
        _who_read_column(events, queries),
        _who_read_object(events, access),
        Question(
            name="failed-access",
            title="Calls that were refused in the last week, most frequent first",
            parameters=(),
            sql=(
                f"SELECT {_WHO} AS who, eventsource, eventname, errorcode, count(*) AS attempts,\n"
                "       min(eventtime) AS first_time, max(eventtime) AS last_time, max(errormessage) AS example\n"
                f"FROM {events}\n"
                f"WHERE {_LAST_WEEK}\n"
                "  AND regexp_like(errorcode, '(?i)denied|unauthori[sz]ed|forbidden|expired')\n"
                "GROUP BY 1, 2, 3, 4\nORDER BY attempts DESC, who"
            ),
        ),
        _changes(
            events,
            name="grants-changed",
            title="Lake Formation grants, tags, filters and administrators that changed in the last week",
            condition=(
                "eventsource = 'lakeformation.amazonaws.com' AND eventname IN ('AddLFTagsToResource', "
                "'BatchGrantPermissions', 'BatchRevokePermissions', 'CreateDataCellsFilter', 'DeleteDataCellsFilter', "
                "'DeregisterResource', 'GrantPermissions', 'PutDataLakeSettings', 'RegisterResource', "
                "'RemoveLFTagsFromResource', 'RevokePermissions', 'UpdateDataCellsFilter', 'UpdateLFTag')"
            ),
        ),
        Question(
            name="who-took-which-role",
            title="Roles that were taken in the last week, by whom and how often",
            parameters=(),
            sql=(
                f"SELECT {_WHO} AS who, json_extract_scalar(requestparameters, '$.roleArn') AS role,\n"
                "       coalesce(errorcode, 'taken') AS outcome, count(*) AS times, max(eventtime) AS last_time\n"
                f"FROM {events}\n"
                f"WHERE {_LAST_WEEK} AND eventsource = 'sts.amazonaws.com' AND eventname LIKE 'AssumeRole%'\n"
                "GROUP BY 1, 2, 3\nORDER BY times DESC, who, role"
            ),
        ),
        _changes(
            events,
            name="lock-bypass-attempts",
            title="Attempts of the last week to delete a version, or to shorten or step over a lock",
            condition=(
                "eventsource = 's3.amazonaws.com' AND eventname IN ('DeleteObject', 'DeleteObjects', "
                "'PutBucketObjectLockConfiguration', 'PutObjectLegalHold', 'PutObjectRetention')\n"
                "  AND (errorcode IS NOT NULL\n"
                "       OR json_extract_scalar(requestparameters, '$[\"x-amz-bypass-governance-retention\"]') = 'true')"
            ),
        ),
    )


def _who_read_column(events: str, queries: str) -> Question:
    # Athena writes "{queryId: ...}", which is no JSON. Text search errs on the side of showing: a star counts, a name
    # anywhere in the text counts, and so does a query that does not name the table, since a view may stand before it.
    return Question(
        name="who-read-column",
        title="Who read a column of a table through Athena in the last week",
        parameters=("column", "column", "table (database/table)"),
        sql=(
            "WITH reads AS (\n"
            "    SELECT eventtime, useridentity.arn AS session,\n"
            "           json_extract_scalar(additionaleventdata, '$.lakeFormationPrincipal') AS principal,\n"
            "           split_part(json_extract_scalar(requestparameters, '$.tableArn'), ':table/', 2) AS name,\n"
            "           regexp_extract(\n"
            "               json_extract_scalar(requestparameters, '$.auditContext.additionalAuditContext'),\n"
            "               'queryId: ([0-9a-f-]+)', 1) AS query_id\n"
            f"    FROM {events}\n"
            f"    WHERE {_LAST_WEEK} AND eventsource = 'lakeformation.amazonaws.com'\n"
            "      AND eventname = 'GetDataAccess' AND errorcode IS NULL\n"
            "), texts AS (\n"
            "    SELECT queryexecutionid AS query_id, query, status.state AS state\n"
            f"    FROM {queries} WHERE {_LAST_WEEK}\n"
            "), judged AS (\n"
            "    SELECT reads.eventtime, reads.principal, reads.session, reads.name, reads.query_id, texts.state,\n"
            "           texts.query,\n"
            "           CASE WHEN texts.query IS NULL THEN 'text not kept yet'\n"
            "                WHEN regexp_like(texts.query, '(?i)\\b' || ? || '\\b') THEN 'named'\n"
            "                WHEN regexp_like(texts.query,\n"
            "                         '(?i)(select(\\s+(distinct|all))?|,)\\s*(\"?\\w+\"?\\.)*\\*')\n"
            "                    THEN 'all columns'\n"
            "                WHEN NOT regexp_like(texts.query, '(?i)\\b' || split_part(reads.name, '/', 2) || '\\b')\n"
            "                    THEN 'through a view'\n"
            "           END AS how, ? AS column_name\n"
            "    FROM reads LEFT JOIN texts ON reads.query_id = texts.query_id\n"
            ")\n"
            "SELECT eventtime, principal, session, column_name, how, state, query_id, query\n"
            "FROM judged WHERE name = ? AND how IS NOT NULL\n"
            "ORDER BY eventtime DESC"
        ),
    )


def _who_read_object(events: str, access: str) -> Question:
    return Question(
        name="who-read-object",
        title="Who read an object in the last week: by the trail, and by S3's own log",
        parameters=("bucket", "key", "bucket", "key"),
        sql=(
            f"SELECT eventtime AS at, {_WHO} AS who, useridentity.arn AS session, eventname AS operation,\n"
            "       coalesce(errorcode, 'done') AS outcome, sourceipaddress AS from_where, 'trail' AS seen_by\n"
            f"FROM {events}\n"
            f"WHERE {_LAST_WEEK} AND eventsource = 's3.amazonaws.com' AND readonly = 'true'\n"
            "  AND json_extract_scalar(requestparameters, '$.bucketName') = ?\n"
            "  AND json_extract_scalar(requestparameters, '$.key') = ?\n"
            "UNION ALL\n"
            "SELECT requestdatetime, requester, requester, operation, httpstatus, remoteip, 'access log'\n"
            f"FROM {access}\n"
            f"WHERE {_LAST_WEEK} AND bucket = ? AND key = ?\n"
            "  AND (operation LIKE '%.GET.%' OR operation LIKE '%.HEAD.%')\n"
            "ORDER BY at DESC"
        ),
    )


def _changes(events: str, *, name: str, title: str, condition: str) -> Question:
    return Question(
        name=name,
        title=title,
        parameters=(),
        sql=(
            f"SELECT eventtime, {_WHO} AS who, useridentity.arn AS session, eventname,\n"
            "       coalesce(errorcode, 'done') AS outcome, sourceipaddress, requestparameters\n"
            f"FROM {events}\n"
            f"WHERE {_LAST_WEEK} AND {condition}\n"
            "ORDER BY eventtime DESC"
        ),
    )
