"""A loader's tests; a package, as the cluster that they share ends with it."""
