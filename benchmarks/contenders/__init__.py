"""Who takes part in `training_step.py`, a library a file: `make` returns what takes so many steps."""
