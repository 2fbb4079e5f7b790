"""Files that appear whole or not at all."""

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from convscope.errors import ConvscopeError


@contextmanager
def replacing(path: Path) -> Generator[IO[bytes]]:
    """Open a new file that takes the place of `path` once everything in it is on the disk.

    Whoever reads `path` meanwhile finds what was there before; if anything goes wrong, that stays.

    Args:
        path: Where the file shall be in the end; its folder must exist.

    Yields:
        The new file, open for writing bytes.

    Raises:
        ConvscopeError: The file cannot be written, because the disk is full or the folder is read-only, say.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with replacing(folder / "classes.txt") as file:
        ...     _ = file.write(b"cat dog")
        >>> [(entry.name, entry.read_text()) for entry in folder.iterdir()]
        [('classes.txt', 'cat dog')]
    """
    beside = path.with_name(f".convscope-{secrets.token_hex(8)}")
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise ConvscopeError(
            f"cannot write {path}",
            why=error.strerror or str(error),
            remedy="make room, or choose a folder you may write to",
        ) from error
    finally:
        beside.unlink(missing_ok=True)
