"""The command line, one file a verb.

    app         the verbs put together
    terminal    how training looks on a terminal, and in a pipe
    output_option   where an explanation is written: to a file, or to a page that is opened
    listen_options  host, port and token of the commands that listen
    doctor      pictures -> what is wrong with them
    train       pictures -> model file
    evaluate    model file + labelled pictures -> figures
    compare     two model files + labelled pictures -> their difference
    verify      model file + its pictures -> whether it is what its receipt says
    predict     model file + pictures -> names
    serve       model files -> the same over HTTP
    studio      all of it in the browser
    export      model file -> ONNX file
    explain     model file + picture -> every step, as a page
    filter      picture + filter -> feature map
    losses      why networks learn from cross-entropy
    network     notation -> shapes and costs

Whatever happens, a person reads a sentence and a script reads an exit code: 0 done, 1 done in part (whoever
read our output has gone, or `predict` could not read some pictures), found to differ (`verify`) or to have
problems (`doctor`), 2 wrong input, 70 a mistake of convscope's own, 130 stopped by Ctrl-C.
"""

import io
import os
import sys

from convscope.common.printable import printable
from convscope.errors import ConvscopeError, SettingError

_PACKAGES = {"sklearn": "scikit-learn"}
"""What pip calls a module by, where that is another name."""


def main() -> None:
    """Run the command line of this process and end the process."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a terminal that cannot show a letter shows its number; it is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    code = _run()
    try:
        sys.stdout.flush()
    except OSError as error:
        # Python flushes once more on its way out; that must find an open file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = code or _refused(error)
    sys.exit(code)


def _open_closed_streams() -> None:
    """Whoever started us may have closed them; the file that is opened next would take their place."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8")  # noqa: SIM115


def _run() -> int:
    try:
        # imported here so that Ctrl-C finds its way out from the first moment on
        from convscope.commands.app import app

        app()
    except SystemExit as end:
        return _say("stopped", code=130) if end.code == 130 else int(end.code or 0)
    except KeyboardInterrupt:
        return _say("stopped", code=130)
    except (ConvscopeError, ModuleNotFoundError) as error:
        return _say(str(_missing(error) if isinstance(error, ModuleNotFoundError) else error), code=2)
    except OSError as error:
        return _refused(error)
    except Exception as error:
        if os.environ.get("CONVSCOPE_DEBUG"):
            raise
        return _say(
            f"this is a bug in convscope: {type(error).__name__}: {error}\n"
            "  try: set CONVSCOPE_DEBUG=1 to see where it happened, and report it",
            code=os.EX_SOFTWARE,
        )
    return 0


def _missing(error: ModuleNotFoundError) -> ConvscopeError:
    """Say which package there is not, where only some are installed, as is enough to predict."""
    module = str(error.name).partition(".")[0]
    package = _PACKAGES.get(module, module)
    return SettingError(f"{package} is needed for this", remedy=f"pip install {package}")


def _refused(error: OSError) -> int:
    if isinstance(error, BrokenPipeError):  # whoever read our output has gone
        return 1
    where = f" with {error.filename}" if error.filename else ""
    return _say(f"the system refused to work{where}\n  why: {error.strerror or error}", code=2)


def _say(text: str, *, code: int) -> int:
    sys.stderr.writelines(f"{printable(line)}\n" for line in text.splitlines())
    return code
