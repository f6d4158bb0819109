"""Connectors of MSK Connect; a package, as what its tests share ends with it."""
