"""How a client gets from the front's port to the engine's socket, by protocol."""
