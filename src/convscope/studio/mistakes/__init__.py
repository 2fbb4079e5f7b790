"""Mistakes: wrong predictions of a model, labels that are probably wrong, and corrections."""
