"""Train: training runs, their networks epoch by epoch, and the cost of networks."""
