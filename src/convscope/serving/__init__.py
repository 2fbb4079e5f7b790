"""The HTTP service: `convscope serve`. It does not need PyTorch.

The path of a request:

1. `connection`: receives the bytes, within limits of time and size.
2. `access_log`: counts (`metrics`) and logs (`logs`) the request once it is answered.
3. `cors`, `host_and_token`: check the origin, the Host header and the token.
4. `predict_endpoint`: answers requests for predictions; `app` has all other routes, `openapi` describes all.
5. `service`: reads the `body` within a `quota`, and splits it into pictures (`uploads`, `form`).
6. `pipeline`: decodes and predicts pictures in batches, with a classifier from the `model_registry`.
7. `responses`: the predictions as JSON; errors become `problems` (`error_handling`).

`limits` has all limits in one place, `page` is the web page at /, and `server` runs the service.
"""
