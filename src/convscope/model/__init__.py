"""The trained model: its file, its predictions and their evaluation. PyTorch is not needed here.

Its file:
metadata           the JSON in a model file, as a strict schema
file               Model, saved to and loaded from one .safetensors file
receipt, picture_list
                   where a model comes from: settings, code, machine, and the list of its pictures
verification       whether a model is what its receipt says

From a picture to an answer:
inputs             what people pass to predict (paths, bytes, images, arrays) becomes pixels
graph              the network as an ONNX graph, from prepared pixels to probabilities
open_set_graph     its part that recognises pictures of unknown classes
session            runs a graph with ONNX Runtime, also in a forked process
predictor          runs that graph
inverted           a hint at grey pictures that may be inverted
intermediate       runs it up to any step, to look at feature maps
features           runs it up to what the output layer reads
cached_features, feature_cache
                   ... once for every picture: what was computed is kept in the cache folder

Fitted after training, from pictures that were not learned from:
calibration        the temperature, so that a confidence of 80 % is right in 80 % of cases
open_set           the open-set rule: which pictures belong to an unknown class
virtual_logit, nearest
                   its two kinds

How good it is:
selection          which labelled pictures a model is evaluated on
evaluation         probabilities and true classes become accuracy, confusion matrix and losses

For other programs:
preparation_graph, raw_graph
                   the graph from raw pixels of any size to probabilities
quantisation       the same with 8-bit weights and activations
export             the file, compared with the model before it is written
"""
