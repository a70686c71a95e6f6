"""A real PostgreSQL server for the tests: own folder, free loopback port, password."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
USER = "doorstep"


@dataclass(frozen=True)
class PostgresServer:
    """A running server; ``url`` names one of its databases."""

    port: int
    password: str

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"


def _program(name: str) -> str:
    found = shutil.which(name) or next(
        (str(folder / name) for folder in PROGRAMS if (folder / name).is_file()), None
    )
    if found is None:
        pytest.skip("no PostgreSQL server programs on this machine")
    return found


def _as_server_user(command: list[str]) -> list[str]:
    """The server refuses to run as root; Debian's packages bring a user for it."""
    return (
        ["runuser", "-u", "postgres", "--", *command] if os.getuid() == 0 else command
    )


def _own(folder: Path) -> None:
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _run(*command: str) -> None:
    subprocess.run(
        _as_server_user(list(command)),
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        cwd="/", timeout=120,
    )  # fmt: skip


@pytest.fixture(scope="session")
def postgres_server():
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    folder = Path(tempfile.mkdtemp(prefix="doorstep-postgres-"))
    password_file = folder / "password"
    server = PostgresServer(port=_free_port(), password=secrets.token_hex(12))
    password_file.write_text(server.password)
    _own(folder)
    _own(password_file)
    data = folder / "data"
    _run(
        initdb, "-D", str(data), "-U", USER, "-E", "UTF8", "--locale=C", "--no-sync",
        "--auth=scram-sha-256", f"--pwfile={password_file}",
    )  # fmt: skip
    options = (
        f"-c listen_addresses=127.0.0.1 -c port={server.port} -c fsync=off "
        f"-c unix_socket_directories={folder}"
    )
    _run(
        pg_ctl, "-D", str(data), "-l", str(folder / "log"), "-w", "-o", options, "start"
    )
    try:
        yield server
    finally:
        _run(pg_ctl, "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server):
    """URL of an empty database of its own."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_server.url(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield postgres_server.url(name)
    with psycopg.connect(postgres_server.url(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
