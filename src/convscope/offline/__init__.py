"""A model as a single HTML page that classifies pictures in a browser, without a server and offline.

weights   the weights in 16 bits
layers    the network as the page computes it: matrix products, poolings and the open-set rule
page      the HTML file: those, and the JavaScript modules of `convscope/web/offline`
export    the file, compared with the model before it is written

Only here does a browser compute the steps itself. Tests compare its answers with the model's in a real
browser, picture by picture.
"""
