"""Neurons: the pictures that activate each filter and neuron most."""
