"""The streams' loader: a topic's records become files of changes in raw, rows in staged and curated, or dead letters.

One function a dataset with a stream, fed by an event source mapping of Lambda on the topic, one call a batch:

1. `event` reads the batch, `ledger` says up to where the partition is loaded already, and what is below is dropped.
2. `wire`, `schemas`, `avro_values` or `protobuf_values` decode; `columns` makes contract types of them; `rules` judges.
3. `dead_letters` writes what cannot be loaded to the topic of dead letters, once.
4. `change_file` writes the rows as one Parquet object in raw; `ledger` commits file and offset in one transaction.
5. `merge` moves all committed files of the topic on to staged and curated, by the plan's SQL through Athena.

A record never stops another. An error of AWS, Kafka or Athena is raised: the mapping sends the whole batch again, and
nothing is lost or doubled by it.
"""
