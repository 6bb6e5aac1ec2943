import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
import redis
from environ import Env

from crm.embedded.postgres import Postgres
from crm.embedded.process import EmbeddedError
from crm.embedded.servers import Servers
from crm.embedded.valkey import Valkey


@pytest.fixture
def server(place: Path) -> Iterator[Postgres]:
    server = Postgres(place / "postgres", is_durable=False)
    server.start()
    yield server
    server.stop()


def ask(
    server: Postgres, query: str, *, role: str = "crm_owner", database: str = "rapport"
) -> list[tuple[object, ...]]:
    """Through the URL, as Django reads it."""
    parts = Env.db_url_config(server.url(role, database))
    connection = psycopg2.connect(host=parts["HOST"], user=parts["USER"], dbname=parts["NAME"])
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def test_roles_can_do_what_they_must_and_no_more(server: Postgres) -> None:
    roles = ask(
        server,
        "select rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole"
        " from pg_roles where rolname ~ '^crm_' order by 1",
    )

    assert roles == [
        ("crm_app", False, False, False, False),
        ("crm_ops", False, True, False, False),
        ("crm_owner", False, False, True, False),
    ]
    settings = ("transaction_timeout", "max_parallel_workers_per_gather", "jit", "random_page_cost")
    assert [ask(server, f"show {name}", role="crm_app") for name in settings] == [
        [("1min",)], [("0",)], [("off",)], [("1.1",)],
    ]  # fmt: skip
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(server, "create table public.intruder (id int)", role="crm_app")


@pytest.mark.parametrize("database", ["rapport", "test_copy"])
def test_owner_can_hand_functions_to_ops_in_any_database(server: Postgres, database: str) -> None:
    if database != "rapport":
        ask(server, f"create database {database}", database="postgres")

    ask(
        server,
        "create extension pg_trgm; create table public.secret (id int); insert into secret values (7)",
        database=database,
    )
    ask(
        server,
        "begin; set local role crm_ops; create function public.peek() returns bigint language sql security definer"
        " as 'select count(*) from public.secret'; commit",
        database=database,
    )

    assert ask(server, "select public.peek()", role="crm_app", database=database) == [(1,)]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(server, "select * from public.secret", role="crm_app", database=database)


def test_data_survive_every_kind_of_end(server: Postgres) -> None:
    ask(server, "create table kept (id int); insert into kept values (1)")

    server.restart()
    server.restart(immediately=True)
    os.kill(server.pid, signal.SIGKILL)
    server.start()

    assert ask(server, "select id from kept") == [(1,)]


def test_half_made_data_folder_is_made_again(place: Path) -> None:
    server = Postgres(place / "postgres", is_durable=False)
    (place / "postgres" / "data.new").mkdir()
    (place / "postgres" / "data.new" / "PG_VERSION").write_text("18")

    server.start()

    assert ask(server, "select 1") == [(1,)]
    server.stop()


@pytest.mark.parametrize("name", ["a folder with spaces", "very-long-" * 15], ids=["spaces", "long"])
def test_any_path_will_do(place: Path, name: str) -> None:
    servers = Servers(place / name, is_durable=False)
    servers.start()

    environment = servers.environment()

    assert ask(servers.postgres, "select 1") == [(1,)]
    assert redis.Redis.from_url(environment["REDIS_URL"]).ping()
    servers.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres as somebody else")
def test_roots_private_folder_will_do(place: Path) -> None:
    private = place / "private"
    private.mkdir(mode=0o700)
    server = Postgres(private / "postgres", is_durable=False)
    server.start()

    assert ask(server, "select 1") == [(1,)]
    assert private.stat().st_mode & 0o777 == 0o700
    assert server.socket_folder.stat().st_mode & 0o777 == 0o700
    server.stop()


def test_wrong_program_folder_is_one_clear_line(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN_DIR", str(place))

    with pytest.raises(EmbeddedError, match=r"PG_BIN_DIR is .*, which has no `postgres` program in it"):
        Postgres(place / "postgres")


def test_durable_valkey_keeps_jobs_through_kill_9(place: Path) -> None:
    server = Valkey(place / "valkey")
    server.start()
    client = redis.Redis.from_url(server.url())
    client.set("job", "kept")

    os.kill(server.pid, signal.SIGKILL)
    server.restart()

    assert client.get("job") == b"kept"
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    server.stop()
