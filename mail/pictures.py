"""Pictures that travel inside the mail: named by the touch, attached to the HTML, and shown by their Content-ID.

Not as data: addresses, which the largest mailbox provider takes out.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass

from mail.errors import RenderError

TYPES = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".gif": "gif"}
"""Ending to the subtype of image/*."""
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}\.(png|jpe?g|gif)")
SHOWN = re.compile(r'src="cid:([a-z0-9][a-z0-9_.-]*)@picture"')
"""With its quotes, which nothing that a lead told us can bring into the HTML."""


@dataclass(frozen=True)
class Picture:
    name: str
    content: bytes

    @property
    def subtype(self) -> str:
        return TYPES[self.name[self.name.rindex(".") :]]

    @property
    def content_id(self) -> str:
        return f"<{self.name}@picture>"


def address(name: str) -> str:
    """What the HTML of the mail shows it by."""
    return f"cid:{name}@picture"


def shown_in(html: str, path: str, contents: Mapping[str, str]) -> tuple[Picture, ...]:
    """Each picture the HTML shows, once; `contents` are in base64. Raises RenderError for one that is not there."""
    names = dict.fromkeys(SHOWN.findall(html))
    for name in names:
        if name not in contents:
            raise RenderError(path, f"There is no picture {name} beside this touch: put it there.")
    return tuple(Picture(name, b64decode(contents[name])) for name in names)
