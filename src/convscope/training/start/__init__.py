"""Training from pretrained features: the backbone, its features, and the head.

backbone.py       a network without a head, and its weights
package_file.py   ... which are installed with convscope
hub_file.py       ... or on the Hugging Face Hub
features.py       the features that a backbone computes from pictures
head.py           a logistic regression on features, chosen by cross-validation
learning.py       features and head, joined to one chain from pixels to softmax
choice.py         where training starts, by settings and pictures
trial.py          ... or by a short training from scratch
"""
