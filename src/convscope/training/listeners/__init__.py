"""Listeners: display training events, and log them as CSV, JSON lines or for TensorBoard."""
