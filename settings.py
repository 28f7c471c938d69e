"""The one settings class: `NURTURE_*` in the environment. Temporal's own come from its own configuration
(`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_PROFILE`, `temporal.toml`)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.errors import NotReadyError
from mail.modes import MailMode


class Settings(BaseSettings):
    """Defaults are those of one machine; a team sets the database, the relay and the public address."""

    model_config = SettingsConfigDict(env_prefix="NURTURE_", env_ignore_empty=True)

    data: Path = Path(".nurture")
    database: str | None = None
    """SQLAlchemy URL; without one, archive.db in the data folder."""
    files: Path = Path(".")
    """The folder that holds lead_defs/ and content/."""

    host: str = "127.0.0.1"
    port: int = 8600
    base_url: str | None = None
    """The public address of links in mails; without one, where the API listens."""

    mail: MailMode = MailMode.CATCH
    pilot: list[str] = []
    """Addresses and domains that `pilot` may send to."""
    mail_domain: str = "localhost.localdomain"
    """Message-IDs and return paths live here."""
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 8625
    smtp_username: str | None = None
    smtp_password: str | None = None
    smtp_start_tls: bool = False
    smtp_size: int = Field(default=8, ge=1, le=200)

    speed: float | None = None
    """Demo clock: business seconds per machine second at most. Never together with live mail."""
    build: str | None = None
    """What this worker runs; without one, the hash of the workflow code."""
    slots: int = Field(default=32, ge=1)
    cached_workflows: int = Field(default=2000, ge=1)
    begin_per_second: float = Field(default=50, gt=0)
    """Imported leads that begin in a second at most, of one worker; fewer while it has other things to do."""
    secret: str | None = None
    """Keys the address hashes and the links; without one, secret.key in the data folder."""

    secrets: Path | None = None
    """The folder of what is shared with other systems, one file each; without it, secrets in the data folder."""
    hook_networks: list[str] = []
    """Networks of ours that webhooks may reach, such as 10.1.2.0/24; public addresses they always may."""

    @property
    def secrets_folder(self) -> Path:
        return self.secrets or self.data / "secrets"

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.data.resolve() / 'archive.db'}"

    @property
    def public_url(self) -> str:
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def mail_folder(self) -> Path:
        return self.data / "mail"

    def secret_bytes(self) -> bytes:
        """The same for every process of one installation; losing it means losing suppressions and links.

        Raises NotReadyError where none was made yet (`nurture up` does).
        """
        path = self.data / "secret.key"
        found = self.secret or (path.read_text().strip() if path.is_file() else "")
        if not found:
            raise NotReadyError(f"{path} is missing or empty; set NURTURE_SECRET, or begin the folder with nurture up")
        return found.encode()
