"""How a query fails, in Athena's words: a code, a colon, and what went wrong where."""

from __future__ import annotations

from typing import Any

SYSTEM, USER, OTHER = 1, 2, 3
_SYSTEM_CODES = frozenset({"GENERIC_INTERNAL_ERROR", "INTERNAL_ERROR_QUERY_ENGINE"})
_RETRYABLE_CODES = frozenset({"ICEBERG_COMMIT_ERROR", "GENERIC_INTERNAL_ERROR", "THROTTLING_ERROR"})
# Numbers of Athena's error catalogue; a code that is not listed there counts as a generic user error.
_TYPES = {
    "TYPE_MISMATCH": 1003,
    "SYNTAX_ERROR": 1006,
    "PERMISSION_DENIED": 1106,
    "ICEBERG_COMMIT_ERROR": 233,
    "HIVE_BAD_DATA": 1200,
    "TABLE_NOT_FOUND": 1301,
    "SCHEMA_NOT_FOUND": 1302,
    "COLUMN_NOT_FOUND": 1303,
}


class AthenaError(Exception):
    """A query that failed.

    Args:
        code: Athena's error name, such as `TABLE_NOT_FOUND`; empty when Athena's text has none.
        message: what went wrong and where.

    Example:
        >>> str(AthenaError("TABLE_NOT_FOUND", "line 1:15: Table 'awsdatacatalog.a.b' does not exist"))
        "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.a.b' does not exist"
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}" if code else message)
        self.code = code
        self.message = message

    def details(self) -> dict[str, Any]:
        """The `AthenaError` structure that GetQueryExecution shows next to the text."""
        return {
            "ErrorCategory": SYSTEM if self.code in _SYSTEM_CODES else USER,
            "ErrorType": _TYPES.get(self.code, 1000),
            "Retryable": self.code in _RETRYABLE_CODES,
            "ErrorMessage": str(self),
        }


class QueryCancelled(Exception):
    """The query ends as CANCELLED: its caller stopped it, or the workgroup's limit did."""


class InvalidRequest(Exception):
    """A request that Athena refuses at once with `InvalidRequestException`, before a query exists."""

    def __init__(self, message: str, *, code: str = "INVALID_INPUT") -> None:
        super().__init__(message)
        self.code = code


def not_supported(what: str) -> AthenaError:
    """The error for SQL that Athena knows and does not do."""
    return AthenaError("NOT_SUPPORTED", what)


def insufficient_permissions(reason: str) -> AthenaError:
    """Athena's refusal when Lake Formation, IAM or S3 did not let the caller through."""
    return AthenaError("", f"Insufficient permissions to execute the query. {reason}")
