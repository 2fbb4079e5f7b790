"""Runs: trainings with a folder, which can be stopped and resumed."""
