"""`convscope studio`: train, look, change and understand, in the browser."""

from pathlib import Path
from typing import Annotated

import typer

from convscope.commands.listen_options import Host, Port, TokenFile, address_of


def studio(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODEL...]", help="Model files to open; NAME=FILE names one.", show_default=False
        ),
    ] = None,
    *,
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="DATA", help="Pictures to open, as for train; may be given several times."),
    ] = None,
    home: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where everything made in the studio is kept.")
    ] = Path("studio"),
    host: Host = "127.0.0.1",
    port: Port = 0,
    token_file: TokenFile = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", metavar="", help="Open the browser.")
    ] = True,
) -> None:
    """Train, look, change and understand, in the browser, on this machine alone.

    Whatever is made is kept in a folder that the other commands understand. Ctrl-C ends the studio; training
    that is under way goes on. Others than this machine need a token to be let in: one from a file, or a new
    one, which is part of the address that is printed.
    """
    import secrets
    import webbrowser
    from urllib.parse import quote

    from convscope.serving.host_and_token import is_loopback, read_token
    from convscope.serving.logs import configure
    from convscope.serving.server import listen
    from convscope.studio.home import Home
    from convscope.studio.opened import Studio
    from convscope.studio.server import serve

    token = None if is_loopback(host) else secrets.token_urlsafe().encode()
    if token_file is not None:
        token = read_token(token_file)
    opened_studio = Studio(Home(home), models or [], data or [])
    opened = listen(host, port)
    configure()
    address = f"{address_of(host, opened)}/"
    if token is not None:
        address += f"?token={quote(token, safe='')}"
    typer.echo(address)
    if browser:
        webbrowser.open(address)
    serve(opened_studio, opened, token)
