"""What a table reference in a query can stand for: Hive files, an Iceberg snapshot, rows made in memory."""
