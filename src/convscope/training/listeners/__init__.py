"""Listeners: what is shown of a training's events, and written as CSV, JSON lines or for TensorBoard."""
