"""The studio: `convscope studio`. Train, look, change and understand, in the browser, on this machine alone.

home        the studio's folder on the disk: nothing lives only in the browser
opened      which models and pictures are open, each with a short id
gate        who may ask, and from which page
app         the addresses put together, a router for each thing to do
page        the page application: its frame, and which scripts it may run
server      runs it all until told to end

Training runs in processes of its own, which write ordinary run folders; no PyTorch is needed here.
"""
