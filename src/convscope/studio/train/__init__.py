"""Train: runs of training, their networks epoch by epoch, and what networks cost."""
