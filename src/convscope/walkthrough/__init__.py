"""The walk: every step of a model for a picture, down to the arithmetic of each number.

PyTorch is not needed here. `walk` combines all of the following in one document.

The steps, computed in NumPy and compared with ONNX Runtime:
compute         prepares a picture, computes every step and compares it
input_history   the preprocessing of the picture
numpy_chain     the chain in NumPy, forward and backward
step_documents  each step as a part of the document
previews        one small map of each step, for networks of many steps
document        the document's schema, with explanation_document; `docs/reference/walk.md` explains it
outputs         the output of every step, read from a document
arrays          arrays inside JSON
losses          the three losses, for each possible true class
drawing         pictures as data URLs

Why this prediction:
class_map       the exact contribution of each position to a logit, if the output layer reads means
grad_cam        Grad-CAM: where the evidence for a class is, for all other networks
occlusion       the drop of a probability when a grey square covers part of the picture
why             all of these together
relevance       the features that belong to each class
neighbours      the training pictures whose features are most similar

What if:
linear          the network without ReLU, with a proof that it is a single linear step
invariance      how much maps and logits change when the picture is shifted, rotated or scaled
edits           changes to a trained network, to see their effect

The network and single filters:
neurons         the pictures and classes that each filter and neuron responds to
named_filters   well-known filters: sharpen, blur, sobel-x ...
filtering       a walk of a picture with filters only, without a network
smiley          the built-in example of many courses
loss_table      two networks of many courses, compared by three losses

For display:
page            the interactive page
static, panels  a static figure of a walk
overlay         class maps and occlusion maps over the picture
explanation     a walk in a notebook, saved as page, JSON or figure
"""
