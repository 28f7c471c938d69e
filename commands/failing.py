"""What a person reads when a command cannot do it: one sentence. A bug of ours keeps its traceback."""

from __future__ import annotations

import errno
import sys

from domain.errors import NurtureError

DISK = (errno.EROFS, errno.ENOSPC, errno.EDQUOT)


def sentence_for(error: Exception) -> str | None:
    if isinstance(error, NurtureError):
        return error.sentence
    if isinstance(error, PermissionError) and error.filename:
        return f"{error.filename} may not be used by this user; change its owner, or name another folder"
    if isinstance(error, OSError) and error.errno in DISK and error.filename:
        return f"{error.filename} cannot be written ({error.strerror}); make room there, or work in another folder"
    return _of_settings(error) or _of_database(error)


def _of_settings(error: Exception) -> str | None:
    """Only looked at when pydantic is loaded: an error of it needs it, and loading it costs time."""
    if "pydantic" not in sys.modules:
        return None
    from pydantic import ValidationError

    if not isinstance(error, ValidationError) or error.title != "Settings":
        return None
    first = error.errors(include_url=False, include_input=False)[0]
    name = "_".join(str(part) for part in first["loc"]).upper()
    return f"NURTURE_{name} is not right: {first['msg'].lower()}; change it or leave it out"


def _of_database(error: Exception) -> str | None:
    if "sqlalchemy" not in sys.modules:
        return None
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

    if isinstance(error, (ArgumentError, NoSuchModuleError)):
        return "NURTURE_DATABASE is no address of a database; write postgresql+psycopg://user:password@host/name"
    if isinstance(error, DBAPIError):
        return f"the archive cannot be used ({str(error.orig).splitlines()[0]}); see nurture doctor"
    return None
