"""An experiment: cross-entropy against mean squared error."""
