"""The report of a run: metrics and figures on the test set."""
