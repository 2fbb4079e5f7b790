"""The walk: one picture's way through one model, down to the arithmetic of each number. No PyTorch is needed.

document         what a walk holds, as a schema
arrays           arrays inside JSON
chain            the model's chain by the book, forwards and back
receptive_field  which part of the picture a number can see
changes          what was done to the picture before the network saw it
step_fields      one step as the walk tells it
losses           what an answer costs, for each class that could be true
grad_cam         where the features lie that speak for a class
occlusion        what a grey square costs, wherever it stands
why              the two together
linear           the network without ReLU
invariance       what moves when the picture does
neighbours       the training pictures that are most alike in what reaches the output layer
relevance        which of its numbers answer to which class
drawing          pictures as data URLs
smiley           the example of countless courses, built in
telling          from a picture to the steps, checked against the engine
walk             all of it together
edits            what a person changes in a network to see what follows
neurons          which pictures and classes every filter and neuron answers to
explanation      a walk to look at in a notebook, and to keep as a file
page             the page that draws a walk
static           the same as a still figure, made of ...
panels           ... maps, pictures and bars
overlay          Grad-CAM and occlusion laid on the picture
kernels          filters that people know by name
filtering        a picture alone with some filters
"""
