"""What `dp streams` and `dp replay` ask of Kafka, the registry of schemas and the ledger."""
