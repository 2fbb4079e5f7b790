"""`convscope serve`: predictions over HTTP."""

from typing import Annotated

import typer

from convscope.commands.listen_options import Host, Port, TokenFile, url_of


def serve(
    models: Annotated[
        list[str],
        typer.Argument(metavar="MODEL", help="Model files or run folders; NAME=FILE sets the name in URLs."),
    ],
    *,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    token_file: TokenFile = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN",
            help="Let web pages from this origin use the service (CORS), as in https://example.org; may be "
            "given several times.",
            show_default=False,
        ),
    ] = None,
    body_limit: Annotated[int, typer.Option(min=1, help="Largest request body, in MiB.")] = 32,
    pixel_limit: Annotated[int, typer.Option(min=1, help="Largest picture, in millions of pixels.")] = 50,
    queue: Annotated[int, typer.Option(min=1, help="Most queued pictures; further requests get 429.")] = 256,
    timeout: Annotated[float, typer.Option(min=0.01, help="Longest response time, in seconds.")] = 10,
) -> None:
    """Serve predictions over HTTP.

    / is a web page to drop pictures on, and /openapi.json describes the API. A model file may be replaced
    at any time. SIGTERM or Ctrl-C stops the service after it has answered the pending requests.
    """
    from convscope.serving.cors import check_origin
    from convscope.serving.host_and_token import is_loopback, read_token
    from convscope.serving.limits import Limits
    from convscope.serving.logs import configure, log_event
    from convscope.serving.model_registry import ModelRegistry, named_models
    from convscope.serving.server import listen
    from convscope.serving.server import serve as answer_requests

    token = None if token_file is None else read_token(token_file)
    origins = [check_origin(origin) for origin in allow_origin or ()]
    registry = ModelRegistry(named_models(models))
    limits = Limits(
        body_bytes=body_limit * 2**20,
        pixels=pixel_limit * 10**6,
        queued_pictures=queue,
        pictures=min(Limits().pictures, queue),
        answer_seconds=timeout,
    )
    listener = listen(host, port)
    configure()
    url = url_of(host, listener)
    typer.echo(f"{', '.join(registry)} at {url}")
    log_event("listening", address=url, models=[*registry])
    if token is None and not is_loopback(host):
        log_event("anyone who can reach this address can use the service: set --token-file", level=30)
    answer_requests(registry, listener, limits, token=token, origins=origins)
    log_event("ended")
