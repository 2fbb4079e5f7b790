"""Mistakes: what a model gets wrong, labels that are probably wrong, and corrections."""
