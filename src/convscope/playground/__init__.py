"""A page on which a small network classifies drawings, shows every step, and can be trained.

page            the documents for the page, and the page as a single file
shipped_model   the network that comes with convscope, which classifies drawings of nine shapes

The page computes the steps itself, forward and backward, with the engine in `web/playground/engine`, without
Python. Tests compare this engine with `steps/` and PyTorch's autograd in a real browser.
"""
