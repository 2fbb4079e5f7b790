"""The network: its notation, its chain of steps, and its training with PyTorch.

notation         a line of text becomes layers: 32C3-MP2-128N
presets          networks with a name, and the one chosen for pictures of a size
backbones        networks that others have trained, for training to start from
receptive_field  which part of the picture a number can see
chain            layers become the chain: every step with its shape, its parameters and its inputs
summary          the chain's sizes and costs, for people and programs
whitening        filters of the first convolution, computed from the pictures
modules          the chain as PyTorch modules that learn
fused, kernels, threads, bfloat16
                 max pooling, batch normalisation and ReLU in one differentiable step, compiled with Numba
sync_batch_norm  batch normalisation over several processes
folding          batch normalisation goes into the weights: the plain chain that is saved
"""
