"""Runs: trainings with a run folder, which can be stopped and resumed."""
