"""Who may do what at most, and who gets more for a time: boundary, elevation, records."""

from __future__ import annotations

from data_platform.access.actors import AccessActors
from data_platform.access.boundary import RoleBoundary, boundary_name, boundary_statements
from data_platform.access.elevation import elevation_definition
from data_platform.access.grants import GrantableTables, VisibleDatabases
from data_platform.access.machine import AccessMachine
from data_platform.access.names import (
    APPROVER,
    ELEVATED,
    ELEVATION,
    SWEEP_SCHEDULE,
    SWEEPER,
    AccessNames,
)
from data_platform.access.notice import RequestNotice
from data_platform.access.parts import REQUESTER_TAG, ElevationParts
from data_platform.access.people import AccessPeople
from data_platform.access.plan import access_plan, approvers, grantable_tables
from data_platform.access.records import OPEN_INDEX, AccessRecords
from data_platform.access.schedule import SweepSchedule
from data_platform.access.sweep import sweep_definition

__all__ = [
    "APPROVER",
    "ELEVATED",
    "ELEVATION",
    "OPEN_INDEX",
    "REQUESTER_TAG",
    "SWEEPER",
    "SWEEP_SCHEDULE",
    "AccessActors",
    "AccessMachine",
    "AccessNames",
    "AccessPeople",
    "AccessRecords",
    "ElevationParts",
    "GrantableTables",
    "RequestNotice",
    "RoleBoundary",
    "SweepSchedule",
    "VisibleDatabases",
    "access_plan",
    "approvers",
    "boundary_name",
    "boundary_statements",
    "elevation_definition",
    "grantable_tables",
    "sweep_definition",
]
