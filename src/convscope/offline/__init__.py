"""A model as a single HTML page that classifies pictures in a browser, offline and without a server.

weights   the weights in 16 bits
layers    the network in the page's format: matrix products, poolings and the open-set rule
page      the HTML file with both, and the JavaScript modules of `convscope/web/offline`
export    writes the file, after checking it against the model

The browser computes the steps itself. Tests compare its answers with the model's in a real browser, picture
by picture.
"""
