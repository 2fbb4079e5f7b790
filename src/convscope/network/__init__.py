"""The network: its notation and shapes, and the engine that trains it."""
