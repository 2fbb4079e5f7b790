"""Listeners: what is written of a training's events, as CSV, JSON lines or for TensorBoard."""
