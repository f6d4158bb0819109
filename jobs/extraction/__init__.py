"""The extraction job: tables of a database, read under one snapshot, put into raw as Parquet and committed at once."""
