"""The command line, one module per command.

    app             combines all commands
    verbs           help of each command, and its import when it runs
    typer_command   the base class of all commands
    terminal        progress and results of training, on a terminal and in a pipe
    tables          tables of figures
    output_option   the output of a command, and the message about it
    listen_options  host, port and token of the commands that serve HTTP
    process_tuning  settings of a command's own process

    doctor      pictures -> problems
    train       pictures -> model file
    evaluate    model file + labelled pictures -> accuracy and other metrics
    compare     two model files + labelled pictures -> their difference
    verify      model file + its pictures -> whether it matches its receipt
    predict     model file + pictures -> classes
    serve       model files -> predictions over HTTP
    playground  a small network that classifies drawings and learns, in the browser
    studio      everything in the browser
    export      model file -> ONNX file or web page
    explain     model file + picture -> every step, as a page
    filter      picture + filter -> feature map
    losses      why networks are trained with cross-entropy
    lesson      the lesson's questions for a class, to print
    network     notation -> shapes and costs

Exit codes: 0 for success; 1 if the work was only done in part (the reader of our output has closed the pipe,
or `predict` could not read some pictures) or something was found (`verify`: a difference, `doctor`: a
problem); 2 for invalid input; 70 for a bug in convscope; 130 for Ctrl-C.
"""

import io
import os
import sys

from convscope.common.printable import printable
from convscope.errors import ConvscopeError, SettingError

_BUG = 70
"""EX_SOFTWARE of sysexits.h, which Windows lacks."""
_PACKAGES = {"sklearn": "scikit-learn"}
"""Packages whose modules have a different name."""


def main() -> None:
    """Run the command line of this process and exit."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # escape letters that the terminal cannot show, instead of an error
            stream.reconfigure(errors="backslashreplace")
    code = _run()
    try:
        sys.stdout.flush()
    except OSError as error:
        # Python flushes again on exit, and needs an open file then
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = code or _system_error(error)
    sys.exit(code)


def _open_closed_streams() -> None:
    """Open closed standard streams, because the next opened file would take their place."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8")  # noqa: SIM115


def _run() -> int:
    try:
        # imported here, so that Ctrl-C is handled from the very beginning
        from convscope.commands.app import app

        app()
    except SystemExit as end:
        return _fail("stopped", code=130) if end.code == 130 else int(end.code or 0)
    except KeyboardInterrupt:
        return _fail("stopped", code=130)
    except (ConvscopeError, ModuleNotFoundError) as error:
        return _fail(
            str(_missing_package(error) if isinstance(error, ModuleNotFoundError) else error), code=2
        )
    except OSError as error:
        return _system_error(error)
    except Exception as error:
        if os.environ.get("CONVSCOPE_DEBUG"):
            raise
        return _fail(
            f"this is a bug in convscope: {type(error).__name__}: {error}\n"
            "  try: set CONVSCOPE_DEBUG=1 to see where it happened, and report it",
            code=_BUG,
        )
    return 0


def _missing_package(error: ModuleNotFoundError) -> ConvscopeError:
    """Return a message about a missing package: users may install only the packages for prediction."""
    module = str(error.name).partition(".")[0]
    package = _PACKAGES.get(module, module)
    return SettingError(f"{package} is needed for this", remedy=f"pip install {package}")


def _system_error(error: OSError) -> int:
    if isinstance(error, BrokenPipeError):  # the reader of our output has closed the pipe
        return 1
    where = f" with {error.filename}" if error.filename else ""
    return _fail(f"the system reported an error{where}\n  why: {error.strerror or error}", code=2)


def _fail(text: str, *, code: int) -> int:
    sys.stderr.writelines(f"{printable(line)}\n" for line in text.splitlines())
    return code
