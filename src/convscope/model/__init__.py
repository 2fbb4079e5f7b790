"""The trained model: its file, its prediction and its evaluation. No PyTorch is needed here.

metadata      what a model file says about itself, as a strict schema
file          Model, saved to and loaded from one .safetensors file
graph         the model as an ONNX graph: from prepared pixels to logits
preparation_graph, raw_graph
              the same from raw pixels of any size to probabilities
export        the raw graph as a file, compared with the model before it is written
quantisation  the raw graph with 8-bit weights and values
predictor     prepared pictures -> logits and probabilities, with ONNX Runtime
intermediate  what the same graph computes on its way, step by step
last_hidden   what reaches the output layer
open_set     whether a picture is of no known class
evaluation    probabilities and true classes -> figures
selection     which labelled pictures of a source a model is judged by
inputs        pictures as people pass them to predict: paths, bytes, images, arrays
"""
