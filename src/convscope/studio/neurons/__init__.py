"""Neurons: which pictures activate each filter and neuron most."""
