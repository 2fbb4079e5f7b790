"""Read-only home folders, as in many containers."""

import os
from pathlib import Path


def move_matplotlib_folder() -> None:
    """Give Matplotlib a folder in convscope's cache if the home is read-only, which avoids its warnings.

    It must be called before Matplotlib is imported. A folder chosen by the user (MPLCONFIGDIR) is kept.
    """
    if "MPLCONFIGDIR" in os.environ or _is_home_writable():
        return
    from convscope.common.cache_folder import cache_folder  # noqa: PLC0415 - rarely needed

    os.environ["MPLCONFIGDIR"] = str(cache_folder() / "matplotlib")


def _is_home_writable() -> bool:
    try:
        return os.access(Path.home(), os.W_OK)
    except RuntimeError:  # there is no home folder
        return False
