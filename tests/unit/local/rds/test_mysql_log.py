"""What the platform counts in MySQL's log is what the engine writes there."""

from __future__ import annotations

import threading
import uuid

import pymysql
import pytest

from data_platform.observability import LOG_OF, log_filters
from local.services import metric_filters
from tests.unit.local.rds import test_mysql
from tests.unit.local.rds.test_mysql import Books
from tests.waiting import until

PATTERNS = log_filters("mysql")


@pytest.fixture(scope="module")
def books(secured_aws):
    """A database with the two parameters that the filters need."""
    name = f"books-{uuid.uuid4().hex[:6]}"
    template = test_mysql.template(name)
    template["Parameters"]["Properties"]["Parameters"] |= {
        "innodb_print_all_deadlocks": "1",
        "log_error_verbosity": "3",
    }
    return Books(secured_aws, secured_aws.deploy(template), name)


def _counted(books, metric):
    """Lines of the exported log that a filter counts."""
    logs = books.aws.client("logs")
    group = f"/aws/rds/instance/{books.name}/{LOG_OF['mysql']}"
    try:
        events = logs.filter_log_events(logGroupName=group)["events"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [
        event["message"] for event in events if metric_filters.matches(PATTERNS[metric], event["message"])
    ]


def test_a_refused_login_is_counted_once(books):
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        books.connect(password="guessed")

    assert len(until(lambda: _counted(books, "LoginsFailed"))) == 1


def test_a_deadlock_is_counted_once(books):
    books.rows("CREATE TABLE books.locked (id int PRIMARY KEY, n int)")
    books.rows("INSERT INTO books.locked VALUES (1, 0), (2, 0)")
    barrier, lost = threading.Barrier(2), []

    def cross(first, second):
        connection = books.connect()
        connection.begin()
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE books.locked SET n = n + 1 WHERE id = {first}")
                barrier.wait(30)
                cursor.execute(f"UPDATE books.locked SET n = n + 1 WHERE id = {second}")
        except pymysql.err.OperationalError:
            lost.append(first)
        finally:
            connection.close()

    pairs = [threading.Thread(target=cross, args=order) for order in ((1, 2), (2, 1))]
    for one in pairs:
        one.start()
    for one in pairs:
        one.join()

    assert len(lost) == 1
    assert len(until(lambda: _counted(books, "Deadlocks"))) == 1
