"""The HTTP service: `convscope serve`. No PyTorch is needed here.

The way of a request, in order:

1. `connection`: the bytes of a request arrive, in time and bounded in number, or the connection ends.
2. `host_and_token`: the host it names and the token it carries are checked.
3. `access_log`: once it is answered, `metrics` count it and a line of `logs` tells of it.
4. `app`: its address leads to an answer; whatever goes wrong becomes a problem (`problems`) in JSON.
   `fast_path`: a prediction that is asked for in the usual form is led there directly.
5. `body`: its body is read. `uploads`, `form`: it is taken apart into pictures. `quota`: so much is held.
6. `pipeline`: pictures are decoded and predicted in batches, by a classifier from the `model_registry`.
7. `answers`: what is sent back, and how OpenAPI describes it.

`service` does 5 and 6. `limits` are all bounds in one place, `page` is what a browser finds at /, and
`server` runs it all until told to end.
"""
