"""A small network to play with.

shipped_model   the network that comes with convscope, which recognises drawings of nine shapes
"""
