"""Makes `.venv` ready: locked dependencies, the project itself, Temporal's two servers. `make setup` runs it.

It needs the standard library alone, never root, and owns `.venv`: whatever is not as locked there is put
right. What is installed is what `uv.lock` says, by hash; where from is what pip is told, which uv would not
read by itself.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "setup.json"
INPUTS = ("pyproject.toml", "uv.lock", "scripts/setup.py")

UV = "uv>=0.9,<1"
UV_AT_LEAST = (0, 9)

AGAIN = "then run `make setup` again"
# What pip and uv say when something outside this project is wrong, and what a person can do about it.
EXPLANATIONS = (
    (
        r"no space left on device",
        f"the disk is full: make room for about 500 MB, {AGAIN}",
    ),
    (
        r"permission denied|read-only file system",
        f"a file above may not be written: remove .venv or take over its ownership, {AGAIN}",
    ),
    (
        r"\b(401|403)\b|unauthorized|forbidden",
        "the package index {index} refuses: put the right user and password into PIP_INDEX_URL or ~/.netrc, " + AGAIN,
    ),
    (
        r"dns error|resolve|connect|timed out|timeout|unreachable|error sending request|certificate"
        r"|proxy|tunnel|failed to fetch",
        "the package index {index} cannot be reached: connect this machine to the network, or name an index "
        f"it reaches with PIP_INDEX_URL (behind a proxy: HTTPS_PROXY; own certificates: PIP_CERT), {AGAIN}",
    ),
    (
        r"no matching distribution|not found in the package registry|no version of|unsatisfiable",
        "the package index {index} has not got all that uv.lock names: set PIP_INDEX_URL to one that mirrors "
        f"PyPI, {AGAIN}",
    ),
    (
        r"",
        f"the packages could not be installed: the lines above say why, {AGAIN}",
    ),
)


class SetupError(Exception):
    """The set-up cannot go on; its text is one sentence that says what to do."""


def main() -> int:
    started = time.monotonic()
    if stamp() == expected_stamp():
        return 0
    try:
        make_venv()
        install()
        STAMP.write_text(expected_stamp())
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup: interrupted: run `make setup` to go on", file=sys.stderr)
        return 130
    print(f"setup: .venv is ready, after {time.monotonic() - started:.0f} s")
    return 0


def stamp() -> str:
    return STAMP.read_text() if STAMP.is_file() else ""


def expected_stamp(*, installed: bool = True) -> str:
    """What the stamp must say for `.venv` to be as locked, or, not `installed`, for it to be ours to fill.

    A moved project and an upgraded Python both leave a `.venv` that looks whole and is not.
    """
    digest = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in INPUTS)).hexdigest()
    python = str(PYTHON.resolve()) if PYTHON.exists() else ""
    return json.dumps({"root": str(ROOT), "python": python, "installed": digest if installed else ""})


def venv_is_ours() -> bool:
    if not PYTHON.exists() or not stamp():
        return False
    found, expected = json.loads(stamp()), json.loads(expected_stamp())
    return bool(found["root"] == expected["root"] and found["python"] == expected["python"])


def make_venv() -> None:
    if venv_is_ours():
        return
    if importlib.util.find_spec("ensurepip") is None:
        raise no_venv_package()
    print(f"setup: making .venv with Python {python_version()}", flush=True)
    try:
        VENV.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
        made = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=False)
        if made.returncode != 0:
            sys.stderr.write(made.stdout + made.stderr)
            if "ensurepip is not available" in made.stdout + made.stderr:
                raise no_venv_package()
            raise SetupError(f"`{' '.join(command)}` failed: the lines above say why, {AGAIN}")
        STAMP.write_text(expected_stamp(installed=False))
    except OSError as error:
        raise SetupError(
            f"{VENV} cannot be written ({error.strerror}): put the project into a folder that you may write to, {AGAIN}"
        ) from error


def no_venv_package() -> SetupError:
    return SetupError(
        f"Python {python_version()} cannot make virtual environments here: install its venv package "
        f"(Debian, Ubuntu: `apt install python3-venv` or python{python_version()}-venv), {AGAIN}"
    )


def python_version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def install() -> None:
    settings = pip_settings()
    environment = uv_environment(settings)
    uv = find_uv(settings)
    if not has_cache(uv, environment):
        environment["UV_NO_CACHE"] = "1"
    locked = str(VENV / "requirements.txt")
    run(
        [uv, "export", "--quiet", "--frozen", "--no-emit-project", "--group=dev", f"--output-file={locked}"],
        environment,
        settings,
    )
    print("setup: installing what uv.lock names", flush=True)
    where = [f"--python={PYTHON}"] + ["--no-index"] * is_true(settings.get("no-index", ""))
    run([uv, "pip", "sync", "--require-hashes", *where, locked], environment, settings)
    itself = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    run([uv, "pip", "install", "--quiet", *where, *itself], environment, settings)


def find_uv(settings: dict[str, str]) -> str:
    """The uv on PATH if it is new enough for our lock file, else one that pip puts into `.venv`."""
    for candidate in (shutil.which("uv"), str(VENV / "bin" / "uv")):
        if candidate and uv_version(candidate) >= UV_AT_LEAST:
            return candidate
    print("setup: putting uv into .venv", flush=True)
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV]
    # A `user = true` in somebody's pip.conf makes every install into a virtual environment fail.
    run(command, clean_environment() | {"PIP_USER": "0"}, settings)
    return str(VENV / "bin" / "uv")


def uv_version(uv: str) -> tuple[int, ...]:
    """(0,) for what is no working uv, such as a version manager's shim with nothing behind it."""
    try:
        said = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return (0,)
    found = re.match(r"uv (\d+)\.(\d+)", said)
    return tuple(int(number) for number in found.groups()) if found else (0,)


def pip_settings() -> dict[str, str]:
    """pip's own view of its settings: environment before section [install] before [global]."""
    command = [str(PYTHON), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=False)
    settings: dict[str, str] = {}
    for section in ("global", "install", ":env:"):
        for name, value in re.findall(rf"^{section}\.([\w-]+)=(.+)$", listed.stdout, re.MULTILINE):
            settings[name] = str(ast.literal_eval(value))
    return settings


def uv_environment(settings: dict[str, str]) -> dict[str, str]:
    """pip's settings in uv's words; what is already said in uv's own words stays.

    Passed by environment, not as arguments: an index address may hold a password, and `ps` shows arguments.
    """
    environment = clean_environment()
    told = {
        "UV_DEFAULT_INDEX": "" if "UV_INDEX_URL" in environment else settings.get("index-url", ""),
        "UV_EXTRA_INDEX_URL": " ".join(settings.get("extra-index-url", "").split()),
        "UV_FIND_LINKS": ",".join(filter(is_there, settings.get("find-links", "").split())),
        # pip looks at all indexes alike. Safe here, for every file must have its locked hash.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_INSECURE_HOST": " ".join(settings.get("trusted-host", "").split()),
        "UV_HTTP_TIMEOUT": settings.get("timeout", settings.get("default-timeout", "")),
        "UV_PYTHON_DOWNLOADS": "never",
        "SSL_CERT_FILE": settings.get("cert", ""),
        "SSL_CLIENT_CERT": settings.get("client-cert", ""),
        "HTTPS_PROXY": settings.get("proxy", ""),
    }
    return {name: value for name, value in told.items() if value} | environment


def is_there(link: str) -> bool:
    """pip passes over a missing folder of wheels in silence; to uv it is an error."""
    return "://" in link or Path(link).expanduser().exists()


def is_true(value: str) -> bool:
    return value.strip().lower() in ("1", "true", "yes", "on", "t", "y")


def has_cache(uv: str, environment: dict[str, str]) -> bool:
    """Whether uv can write its cache: a service account may have no home directory, or somebody else's."""
    said = subprocess.run([uv, "cache", "dir"], env=environment, capture_output=True, text=True, check=False)
    try:
        folder = Path(said.stdout.strip())
        folder.mkdir(parents=True, exist_ok=True)
        return said.returncode == 0 and os.access(folder, os.W_OK)
    except OSError:
        return False


def clean_environment() -> dict[str, str]:
    """Ours, less what would send pip and uv to another environment than `.venv`."""
    misleading = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "UV_PROJECT", "UV_WORKING_DIR")
    return {name: value for name, value in os.environ.items() if name not in misleading}


def run(command: list[str], environment: dict[str, str], settings: dict[str, str]) -> None:
    """Runs the command, passes on what it says, and turns its failure into a sentence."""
    said: list[str] = []
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as process:
        assert process.stderr is not None  # because of stderr=PIPE
        for line in process.stderr:
            said.append(line)
            if not line.startswith((" + ", " - ")):  # uv's list of every package, long and of no use here
                sys.stderr.write(line)
    if process.returncode != 0:
        raise SetupError(explanation("".join(said), settings))


def explanation(said: str, settings: dict[str, str]) -> str:
    index = urlsplit(settings.get("index-url", "https://pypi.org/simple"))
    shown = index._replace(netloc=index.netloc.rpartition("@")[2]).geturl()
    for pattern, sentence in EXPLANATIONS:
        if re.search(pattern, said, re.IGNORECASE):
            return sentence.format(index=shown)
    raise AssertionError("the last explanation matches everything")


if __name__ == "__main__":
    sys.exit(main())
