"""What the shop trades: rows of the tests' own, which stand beside those of the demo."""

from __future__ import annotations

from typing import Any

_ORDERS = 150


def order(number: int, day: str, **more: Any) -> dict[str, Any]:
    return {
        "order_id": f"O20260201-{number:08d}",
        "customer_id": "C00000001",
        "ordered_at": f"{day} 10:00:00",
        "updated_at": f"{day} 10:00:00",
        "state": "VIC",
        "channel": "web",
        "status": "paid",
        "total": "120.50",
        "contact_email": "a@example.com",
    } | more


def write(database: Any, table: str, rows: list[dict[str, Any]], changed_at: str = "now()") -> None:
    """Rows that the shop writes, new or again."""
    names = list(rows[0])
    key = {"orders": ["order_id"], "customers": ["customer_id"], "order_items": ["order_id", "line"]}[table]
    others = [f"{name} = excluded.{name}" for name in [*names, "changed_at"] if name not in key]
    with database._database.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({', '.join(names)}, changed_at) VALUES ({', '.join(f'%({n})s' for n in names)}, {changed_at})"
            f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(others)}",
            rows,
        )


def item(number: int) -> dict[str, Any]:
    return {
        "order_id": f"O20260201-{number:08d}",
        "line": 1,
        "sku": "SKU-00001",
        "quantity": 1,
        "unit_price": "20.00",
        "discount": "0.00",
    }


def customer(number: str) -> dict[str, Any]:
    return {
        "customer_id": number, "name": "Ada", "email": "ada@example.com", "phone": "0491 570 156",
        "date_of_birth": "1990-01-01", "address_line": "1 High Street", "suburb": "Carlton", "state": "VIC",
        "postcode": "3053", "loyalty_tier": None, "loyalty_card": None, "marketing_consent": True,
        "created_at": "2026-02-01 09:00:00",
    }  # fmt: skip


def orders_of_a_day(first: int, day: str) -> list[dict[str, Any]]:
    """As many as the contract expects of a day at least."""
    return [order(first + place, day, total=f"{100 + place % 50}.25") for place in range(_ORDERS)]


def trade(database: Any, day: str, first: int, changed_at: str = "now()") -> None:
    """What the contracts expect of a day at least: a customer, orders of the day, and their items."""
    write(database, "customers", [customer("C90000000")], changed_at)
    write(database, "orders", orders_of_a_day(first, day), changed_at)
    write(database, "order_items", [item(first + place) for place in range(_ORDERS)], changed_at)
