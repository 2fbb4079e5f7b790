"""The studio, `convscope studio`: train, inspect, edit and understand networks in the browser.

studio_folder  the studio's folder on the disk: nothing is kept only in the browser
cache, jobs    values that several threads ask for; commands that run in processes of their own
models, sources, picture_refs
               the models, pictures and single pictures that are open, each with a short id
workspace      all of these, shared by the slices
train, record, data, walk, mistakes, neurons, compare, lesson
               a slice for each page: its routes and its state
notifications  announces changes to all pages
app            the routes put together
page           the page application: its frame, and which scripts it may run
access         which requests are let in
server         runs the studio until it is stopped

Training runs in processes of its own, which write ordinary run folders; no PyTorch is needed here.
"""
