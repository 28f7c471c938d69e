"""Mail addresses as people give them: checked for form, never for existence, and otherwise left as they are."""

from __future__ import annotations

from pydantic.networks import validate_email

from domain.errors import InvalidError


def email_address(raw: str) -> str:
    """The address, its domain in lower case. Raises InvalidError (field `email`) with what is wrong."""
    text = raw.strip()
    if "<" in text or ">" in text:
        raise InvalidError("write the address alone, without a name: ana@company.example", "email")
    try:
        return validate_email(text)[1]
    except ValueError as error:
        why = (getattr(error, "context", None) or {}).get("reason", "it has no valid form")
        raise InvalidError(f"this is not a mail address: {why}", "email") from None


def needs_utf8(address: str) -> bool:
    """Whether only a mail server with SMTPUTF8 can write to it: an international domain has an ASCII form, a name
    before the @ has none."""
    return not address.rpartition("@")[0].isascii()
