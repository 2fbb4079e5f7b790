"""The walk: every step of a model on a picture, down to the arithmetic of each number.

PyTorch is not needed here. `walk` puts everything below into one document.

The steps, computed in NumPy and compared with ONNX Runtime:
compute         a picture is prepared, and every step computed and compared
input_history   what was done to the picture before the network saw it
numpy_chain     the chain in NumPy, forwards and backwards
step_documents  each step as a part of the document
previews        one small map of each step, for networks of many steps
document        the document's schema, with explanation_document; `docs/reference/walk.md` explains it
outputs         what every step gives out, read back from a document
arrays          arrays inside JSON
losses          the three losses, for each class that could be true
drawing         pictures as data URLs

Why this answer:
class_map       what each place adds to the logit of a class, exactly, where the output layer reads means
grad_cam        Grad-CAM: where the evidence for a class lies in any other network
occlusion       how much the probability drops where a grey square covers the picture
why             these together
relevance       which features belong to which class
neighbours      the training pictures whose features are most similar

What if:
linear          the network without ReLU, and a proof that it is then one linear step
invariance      how far maps and logits move when the picture is shifted, turned or scaled
edits           changes to a trained network, to see what follows

The network and single filters:
neurons         which pictures and classes each filter and neuron responds to
named_filters   filters that have a name: sharpen, blur, sobel-x ...
filtering       a walk of a picture with filters only, without a network
smiley          the example of many courses, built in
loss_table      two networks of many courses, compared by three losses

To look at:
page            the interactive page
static, panels  a still figure of a walk
overlay         class maps and occlusion laid over the picture
explanation     a walk in a notebook, saved as page, JSON or figure
"""
