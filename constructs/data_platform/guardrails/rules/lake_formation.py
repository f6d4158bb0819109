"""Lake Formation: grants decide, not IAM alone, and nobody passes on what he was given for everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.guardrails.policy import listed
from data_platform.guardrails.rule import Rule, Standards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.guardrails.estate import Resource
    from data_platform.guardrails.rule import Surroundings

_GRANTS = ("AWS::LakeFormation::PrincipalPermissions", "AWS::LakeFormation::Permissions")
_EVERYBODY = ("IAM_ALLOWED_PRINCIPALS", "ALLIAMPRINCIPALS", "EVERYONE")
_DEFAULTS = ("CreateDatabaseDefaultPermissions", "CreateTableDefaultPermissions")
# A grant with one of these scopes reaches tables that do not exist yet.
_WIDE = ("Catalog", "Database", "LFTag", "LFTagPolicy")


def _principal(entry: Any) -> str:
    return str(entry.get("DataLakePrincipalIdentifier", "")) if isinstance(entry, dict) else str(entry)


def _is_everybody(principal: str) -> bool:
    return principal.upper() in _EVERYBODY or principal.endswith(":IAMPrincipals")


def _default_permissions(settings: Resource, _: Surroundings) -> Iterator[str]:
    for name in _DEFAULTS:
        if name not in settings.properties:
            yield f"{name} is not set, so IAM_ALLOWED_PRINCIPALS keeps Super on what is created"
        for entry in listed(settings.properties.get(name)):
            yield f"{name} gives {_principal(entry.get('Principal', entry))} rights on everything created later"


def _database_defaults(database: Resource, _: Surroundings) -> Iterator[str]:
    given = database.properties.get("DatabaseInput", {}).get("CreateTableDefaultPermissions", [])
    for entry in given:
        yield f"CreateTableDefaultPermissions gives {_principal(entry.get('Principal', {}))} rights on new tables"


def _everybody(grant: Resource, _: Surroundings) -> Iterator[str]:
    principal = _principal(grant.properties.get("Principal", grant.properties.get("DataLakePrincipal", "")))
    if _is_everybody(principal):
        yield f"it grants {', '.join(grant.properties.get('Permissions', []))} to {principal}"


def _grant_option(grant: Resource, _: Surroundings) -> Iterator[str]:
    passed_on = grant.properties.get("PermissionsWithGrantOption", [])
    scope = grant.properties.get("Resource", {})
    table = scope.get("Table", scope.get("TableResource", {}))
    wide = [each for each in _WIDE if each in scope or f"{each}Resource" in scope]
    if "TableWildcard" in table:
        wide.append("all tables")
    if passed_on and wide:
        yield f"it passes on {', '.join(passed_on)} for {', '.join(wide)} with the grant option"


def _hybrid(location: Resource, _: Surroundings) -> Iterator[str]:
    if str(location.properties.get("HybridAccessEnabled", "false")).lower() == "true":
        yield "HybridAccessEnabled is true, so IAM rights go round Lake Formation"


_LEAST_PRIVILEGE = Standards(
    ism=("P10",),
    essential_eight=("Restrict administrative privileges",),
    cpg_234=("36d", "45", "47c", "Attachment C 4"),
)

RULES = (
    Rule(
        id="DP-LF-DEFAULTS",
        title="New databases and tables belong to nobody until somebody grants them.",
        rationale="With defaults, whoever has IAM rights on Glue reads every new table, and grants are cosmetic.",
        fix="Set CreateDatabaseDefaultPermissions and CreateTableDefaultPermissions to empty lists.",
        types=("AWS::LakeFormation::DataLakeSettings",),
        check=_default_permissions,
        standards=_LEAST_PRIVILEGE,
    ),
    Rule(
        id="DP-LF-DATABASE-DEFAULTS",
        title="A database gives no default permissions on its tables.",
        rationale="The database's own defaults win over the account's settings.",
        fix="Set CreateTableDefaultPermissions of DatabaseInput to an empty list.",
        types=("AWS::Glue::Database",),
        check=_database_defaults,
        standards=_LEAST_PRIVILEGE,
    ),
    Rule(
        id="DP-LF-EVERYBODY",
        title="Nothing is granted to IAMAllowedPrincipals or to all principals.",
        rationale="Such a grant switches Lake Formation off for the resource: rows and columns are no longer filtered.",
        fix="Grant to a role, at best by tag expression.",
        types=_GRANTS,
        check=_everybody,
        standards=_LEAST_PRIVILEGE,
    ),
    Rule(
        id="DP-LF-GRANT-OPTION",
        title="No grant on a catalogue, a database, a tag or all tables may be passed on.",
        rationale="The receiver could share tables that do not exist yet with anybody, and no template would show it.",
        fix="Leave PermissionsWithGrantOption empty, or grant it on a named table.",
        types=_GRANTS,
        check=_grant_option,
        standards=_LEAST_PRIVILEGE,
    ),
    Rule(
        id="DP-LF-HYBRID",
        title="A registered location is governed by Lake Formation alone.",
        rationale="In hybrid access mode, principals that nobody opted in keep reading with IAM rights only.",
        fix="Set HybridAccessEnabled to false.",
        types=("AWS::LakeFormation::Resource",),
        check=_hybrid,
        standards=_LEAST_PRIVILEGE,
    ),
)
