"""What an instance class stands for: memory and processors, from which RDS computes parameters and metrics."""

from __future__ import annotations

_GIB = 1 << 30
# By size; a family with more memory a processor multiplies it.
_MEMORY_GIB = {"micro": 1.0, "small": 2.0, "medium": 4.0, "large": 8.0, "xlarge": 16.0}
_PROCESSORS = {"micro": 2, "small": 2, "medium": 2, "large": 2, "xlarge": 4}
_FAMILY_FACTOR = {"r": 2.0, "x": 4.0, "c": 0.5}
_UNKNOWN = ("medium", "t")


def memory_bytes(instance_class: str) -> int:
    """Memory of a class.

    Example:
        >>> memory_bytes("db.t4g.medium") >> 30, memory_bytes("db.r7g.2xlarge") >> 30
        (4, 64)
    """
    size, family = _parts(instance_class)
    return int(_scaled(_MEMORY_GIB, size) * _FAMILY_FACTOR.get(family, 1.0) * _GIB)


def processors(instance_class: str) -> int:
    """Virtual processors of a class.

    Example:
        >>> processors("db.t4g.medium"), processors("db.m7g.4xlarge")
        (2, 16)
    """
    size, _ = _parts(instance_class)
    return int(_scaled({name: float(n) for name, n in _PROCESSORS.items()}, size))


def _parts(instance_class: str) -> tuple[str, str]:
    parts = instance_class.split(".")
    return (parts[2], parts[1][:1]) if len(parts) == 3 else _UNKNOWN  # noqa: PLR2004 - db.<family>.<size>


def _scaled(table: dict[str, float], size: str) -> float:
    if size in table:
        return table[size]
    times = size.removesuffix("xlarge")
    return table["xlarge"] * (int(times) if times.isdigit() else 1)
