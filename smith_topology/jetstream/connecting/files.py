"""Small files that say how to connect, read with a limit: a wrong path may lead to something without an end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

MAX_BYTES = 2**20


def read_small(path: str | os.PathLike[str]) -> bytes:
    """The content of a regular file or a pipe. Raises OSError for anything else, and for more than ``MAX_BYTES``.

    A pipe may be the output of a command, `--creds <(…)`. A file without a size is empty: those of /proc may have no end.
    """
    status = check(path)
    if not (status.st_size or stat.S_ISFIFO(status.st_mode)):
        return b""
    with Path(path).open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return content


def check(path: str | os.PathLike[str]) -> os.stat_result:
    """The status of a regular file or a pipe. Raises OSError for anything else, and for more than ``MAX_BYTES``."""
    status = Path(path).stat()
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISFIFO(status.st_mode)):
        raise OSError(errno.EINVAL, "not a regular file")
    if status.st_size > MAX_BYTES:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return status
