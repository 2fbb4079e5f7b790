"""The trained model: its file, its predictions and their evaluation. PyTorch is not needed here.

Its file:
metadata           the JSON in a model file, as a strict schema
file               Model, saved to and loaded from one .safetensors file
receipt, picture_list
                   where a model comes from: settings, code, machine, and the list of its pictures
verification       whether a model is what its receipt says

From a picture to a prediction:
inputs             what users pass to predict (paths, bytes, images, arrays) becomes pixels
graph              the network as an ONNX graph, from prepared pixels to probabilities
open_set_graph     the part of the graph that detects unknown pictures
session            runs a graph with ONNX Runtime, also in a forked process
predictor          runs that graph
inverted           a hint for greyscale pictures that may be inverted
intermediate       runs the network up to any step, for its feature maps
features           runs the network up to the input of the output layer
cached_features, feature_cache
                   ... once per picture; results are cached in the cache folder

Fitted after training, to pictures that were not trained on:
calibration        the temperature, so that a confidence of 80 % is right in 80 % of cases
open_set           the open-set rule, which detects pictures of unknown classes
virtual_logit, nearest
                   its two implementations

Evaluation:
selection          the labelled pictures that a model is evaluated on
evaluation         accuracy, confusion matrix and losses from probabilities and true classes

For other programs:
preparation_graph, raw_graph
                   the graph from raw pixels of any size to probabilities
quantisation       the same with 8-bit weights and activations
export             the ONNX file, checked against the model before it is written
"""
