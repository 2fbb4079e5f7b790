"""A page on which a small network answers drawings, shows every step of it, and learns.

page            the documents that the page draws, and the page as one file
shipped_model   the network that comes with convscope, which recognises drawings of nine shapes

The page computes the steps itself, forwards and backwards, with the engine in `web/playground/engine`: it has
no Python behind it. Tests hold that engine against `steps/` and PyTorch's autograd in a real browser.
"""
