"""Training from pretrained features: the backbone, its features, and the head.

backbone.py       a network without a head, and its weights
package_file.py   ... which are installed with convscope
hub_file.py       ... or on the Hugging Face Hub
features.py       what a backbone sees in pictures
head.py           a logistic regression on features, chosen by cross-validation
learning.py       features and head together: one chain from pixels to softmax
choice.py         where learning starts, by the settings and the pictures
trial.py          ... or by training from scratch for a while
"""
