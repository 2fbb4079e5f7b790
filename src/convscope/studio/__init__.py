"""The studio, `convscope studio`: train, inspect, edit and understand networks in the browser.

studio_folder  the studio's folder on the disk: nothing is stored in the browser only
cache, jobs    values shared by several threads; commands that run in their own processes
models, sources, picture_refs
               the models, pictures and single pictures that are open, each with a short id
workspace      all of these, shared by the slices
train, record, data, walk, mistakes, neurons, compare, lesson
               one slice per page: its routes and its state
notifications  announces changes to all pages
app            the routes put together
page           the page application: its frame, and the scripts it may run
access         access control
server         runs the studio until it is stopped

Training runs in separate processes, which write ordinary run folders; no PyTorch is needed here.
"""
