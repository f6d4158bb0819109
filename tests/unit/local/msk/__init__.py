"""Clusters of MSK and their pollers; a package, as what its tests share ends with it."""
