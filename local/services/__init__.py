"""What the embedded AWS changes in single services, one module a service, each with `install()`."""
