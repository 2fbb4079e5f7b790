"""The network: its notation, its chain of steps, and its trainable form in PyTorch.

notation         a line of text becomes layers: 32C3-MP2-128N
presets          named networks, and the default for an input size
backbones        pretrained networks that training can start from
receptive_field  the part of the picture that an activation depends on
chain            from layers to the chain: every step with its shape, parameters and inputs
summary          the chain's shapes and costs, for users and programs
whitening        filters of the first convolution, computed from the pictures
modules          the chain as trainable PyTorch modules
fused, kernels, threads, bfloat16
                 max pooling, batch normalisation and ReLU in one differentiable step, compiled with Numba
sync_batch_norm  batch normalisation over several processes
folding          batch normalisation is folded into the weights of the plain chain that is saved
"""
