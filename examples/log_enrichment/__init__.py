"""Enrichment of web requests: a small consumer and producer on Lambda, an example (docs/events.md).

It reads `retail.web_requests.v1`, looks up browser and state, and fans out: every request to
`retail.enriched_requests.v1`, those that the servers failed to answer to `retail.failed_requests.v1` as well.
"""
