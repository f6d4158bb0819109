"""Who may do what at most, and who gets more for a time: boundary, elevation, records."""

from __future__ import annotations

from data_platform.access.boundary import RoleBoundary, boundary_name, boundary_statements

__all__ = ["RoleBoundary", "boundary_name", "boundary_statements"]
