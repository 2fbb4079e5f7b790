"""`convscope studio`: the web application to train, explore and edit models."""

from pathlib import Path
from typing import Annotated

import typer

from convscope.commands.listen_options import Host, Port, TokenFile, url_of


def studio_(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL",
            help="Model files or run folders to open; NAME=FILE sets a name.",
            show_default=False,
        ),
    ] = None,
    *,
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="DATA", help="Labelled pictures to open, as for train; repeatable."),
    ] = None,
    folder: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder for everything created in the studio.")
    ] = Path("studio"),
    host: Host = "127.0.0.1",
    port: Port = 0,
    token_file: TokenFile = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", metavar="", help="Open the browser.")
    ] = True,
) -> None:
    """Train, explore and edit models in the browser; everything stays on this machine.

    Everything is saved in a folder that the other commands can use. Ctrl-C stops the studio, but not a
    running training. Other machines (--host) need a token: the one in the file, or a new one, which is part
    of the printed URL.
    """
    import secrets
    import webbrowser
    from urllib.parse import quote

    from convscope.serving.host_and_token import is_loopback, read_token
    from convscope.serving.logs import configure
    from convscope.serving.server import listen
    from convscope.studio.server import serve
    from convscope.studio.studio_folder import StudioFolder
    from convscope.studio.workspace import Workspace

    token = None if is_loopback(host) else secrets.token_urlsafe().encode()
    if token_file is not None:
        token = read_token(token_file)
    workspace = Workspace(StudioFolder(folder), models or [], data or [])
    listener = listen(host, port)
    configure()
    url = f"{url_of(host, listener)}/"
    if token is not None:
        url += f"?token={quote(token, safe='')}"
    typer.echo(url)
    if browser:
        webbrowser.open(url)
    serve(workspace, listener, token)
