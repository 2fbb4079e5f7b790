"""The training loop, its optimiser, the moving average of the weights, and trials during training."""
