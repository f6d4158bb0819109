"""MySQL 8.4 (and MariaDB): rows as the text protocol sends them, cast a column at a time."""
