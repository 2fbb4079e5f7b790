"""An experiment: cross-entropy against squared error."""
