"""Learning: the training loop, its optimiser, the moving average of the weights, and its trials."""
