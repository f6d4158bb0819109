"""What RDS instance classes offer: processors, memory, and how many connections the engine takes by default.

Processors and memory: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html
Formulas: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html (MaxConnections)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Engine = Literal["postgres", "mysql"]

GIB = 1024**3
# RDS does not publish what it keeps of a class's memory for the operating system and its own processes: "always
# somewhat lower than the figures of the tables" (USER_ParamValuesRef.html). What people read with
# SHOW max_connections on instances of 1 to 30.5 GiB tells it: 256 MiB and a fortieth of the memory is as much or up to
# 8 % more (1 % from 4 GiB on), never less, so that the engine takes at least the connections computed here.
_RESERVED_BYTES, _RESERVED_FRACTION = 256 * 1024**2, 40
_BYTES_A_CONNECTION: dict[Engine, int] = {"postgres": 9_531_392, "mysql": 12_582_880}
# PostgreSQL's is in the formula; MySQL's is the parameter's highest value.
_MOST_CONNECTIONS: dict[Engine, int] = {"postgres": 5000, "mysql": 100_000}

_BURSTABLE = {
    "micro": (2, 1),
    "small": (2, 2),
    "medium": (2, 4),
    "large": (2, 8),
    "xlarge": (4, 16),
    "2xlarge": (8, 32),
}
_SIXTEEN = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
_VCPUS = {"large": 2, "xlarge": 4} | {f"{n}xlarge": 4 * n for n in (2, 4, 8, 12, 16, 24, 48)}
# GiB of memory a vCPU, and sizes.
_FAMILIES = {
    "m7g": (4, _SIXTEEN),
    "r7g": (8, _SIXTEEN),
    "m8g": (4, (*_SIXTEEN, "24xlarge", "48xlarge")),
    "r8g": (8, (*_SIXTEEN, "24xlarge", "48xlarge")),
}


class UnknownDatabaseClass(ValueError):
    """Nobody wrote down what the instance class offers."""


@dataclass(frozen=True, kw_only=True)
class DatabaseClass:
    """One instance class of RDS.

    Args:
        name: Such as `db.m7g.large`.
        vcpus: Virtual processors.
        memory_gib: Memory that the table of AWS names.
    """

    name: str
    vcpus: int
    memory_gib: int

    @property
    def memory_bytes(self) -> int:
        """Memory that the table of AWS names."""
        return self.memory_gib * GIB

    @property
    def process_memory_bytes(self) -> int:
        """Memory that RDS leaves to the database process: DBInstanceClassMemory, at least.

        Example:
            >>> database_class("db.t4g.medium").process_memory_bytes
            3919157657
        """
        return self.memory_bytes - _RESERVED_BYTES - -(-self.memory_bytes // _RESERVED_FRACTION)


DATABASE_CLASSES = {
    name: DatabaseClass(name=name, vcpus=vcpus, memory_gib=memory_gib)
    for name, vcpus, memory_gib in (
        *((f"db.t4g.{size}", *offered) for size, offered in _BURSTABLE.items()),
        *(
            (f"db.{family}.{size}", _VCPUS[size], _VCPUS[size] * gib_a_vcpu)
            for family, (gib_a_vcpu, sizes) in _FAMILIES.items()
            for size in sizes
        ),
    )
}


def database_class(name: str) -> DatabaseClass:
    """The instance class of a name.

    Args:
        name: Such as `db.t4g.medium`.

    Raises:
        UnknownDatabaseClass: when it is none of the classes written down here.

    Example:
        >>> database_class("db.m7g.large")
        DatabaseClass(name='db.m7g.large', vcpus=2, memory_gib=8)
    """
    found = DATABASE_CLASSES.get(name)
    if found is None:
        raise UnknownDatabaseClass(
            f"instance_class is {name!r}: alarms cannot be computed for it. Known are {', '.join(DATABASE_CLASSES)}. "
            "Take one of them, or add its processors and memory to observability/database_classes.py from AWS's table."
        )
    return found


def max_connections(engine: Engine, instance_class: str) -> int:
    """The engine's own max_connections for a class, by the formula of RDS's default parameter group.

    Args:
        engine: `postgres`: LEAST({DBInstanceClassMemory/9531392},5000); `mysql`: {DBInstanceClassMemory/12582880}.
        instance_class: Such as `db.t4g.medium`.

    Raises:
        UnknownDatabaseClass: when the class is not written down here.

    Example:
        >>> max_connections("postgres", "db.t4g.medium"), max_connections("mysql", "db.t4g.medium")
        (411, 311)
        >>> max_connections("postgres", "db.r8g.48xlarge")
        5000
    """
    by_memory = database_class(instance_class).process_memory_bytes // _BYTES_A_CONNECTION[engine]
    return min(by_memory, _MOST_CONNECTIONS[engine])
