"""Runs: a training with a folder of its own, which can be stopped and resumed."""
