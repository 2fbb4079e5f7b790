"""Training: what is chosen, the loop, its events and who listens."""
