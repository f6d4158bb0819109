"""The embedded AWS: ministack extended in-process, one module a service. It knows nothing of our stacks."""
