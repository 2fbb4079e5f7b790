"""`convscope serve`: models behind HTTP."""

from typing import Annotated

import typer

from convscope.commands.listen_options import Host, Port, TokenFile, address_of


def serve(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL...", help="Model files; NAME=FILE names one in addresses.")
    ],
    *,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    token_file: TokenFile = None,
    body_limit: Annotated[int, typer.Option(min=1, help="Largest body of a request, in MiB.")] = 32,
    pixel_limit: Annotated[int, typer.Option(min=1, help="Largest picture, in millions of pixels.")] = 50,
    queue: Annotated[int, typer.Option(min=1, help="Most pictures under way; more are refused.")] = 256,
    timeout: Annotated[float, typer.Option(min=0.01, help="Longest time to an answer, in seconds.")] = 10,
) -> None:
    """Answer over HTTP which class pictures are of.

    A page to drop pictures on is at /, all addresses are in /openapi.json. A model's file may be replaced at
    any time. SIGTERM or Ctrl-C ends the service once it has answered what it took.
    """
    from convscope.serving.host_and_token import is_loopback, read_token
    from convscope.serving.limits import Limits
    from convscope.serving.logs import configure, tell
    from convscope.serving.model_registry import ModelRegistry, named
    from convscope.serving.server import listen
    from convscope.serving.server import serve as answer_requests

    token = None if token_file is None else read_token(token_file)
    registry = ModelRegistry(named(models))
    limits = Limits(
        body_bytes=body_limit * 2**20,
        pixels=pixel_limit * 10**6,
        waiting=queue,
        pictures=min(Limits().pictures, queue),
        answer_seconds=timeout,
    )
    opened = listen(host, port)
    configure()
    address = address_of(host, opened)
    typer.echo(f"{', '.join(registry)} at {address}")
    tell("listening", address=address, models=[*registry])
    if token is None and not is_loopback(host):
        tell("anyone who reaches this address may ask: --token-file changes that", level=30)
    answer_requests(registry, opened, limits, token)
    tell("ended")
