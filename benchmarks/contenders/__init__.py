"""The programs that `training_step.py` compares, one file per library; `make` returns a step function."""
