"""A model as one page that classifies pictures in a browser, without a server and without a network.

weights   the weights with 16 bits each, as the page carries them
chain     the network as the page computes it: products of matrices and poolings, and what is unknown
page      the HTML file, drawn by the modules in `convscope/web/offline`
export    the file, written only if its weights answer as the model does

This is the one place where a browser computes the steps: there is nobody else to ask. What it computes is
held against the model in a real browser, picture by picture.
"""
