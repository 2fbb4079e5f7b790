"""Compare: two models on the same pictures."""
