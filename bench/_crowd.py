"""Two workspaces of a million customers each, made by set-based SQL: names as skewed as those of a town.

Written as superuser with triggers and secondary indexes away, which are made anew at the end: minutes become seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg2

from accounts.models import Workspace
from crm.demo.words import FIRST_NAMES, LAST_NAMES
from crm.embedded.servers import Servers

# The middle of a composed name, its end, and first names that the demo can do without.
_STEMS = (
    "Acker Alten Berg Birken Blumen Brand Breiten Buchen Burg Dorf Eber Eichen Eisen Erlen Falken Feld Felsen Fried "
    "Gold Grün Gruben Hage Haupt Heide Hirsch Hoch Hohen Holz Kalten Kamp Kirch Krumm Kupfer Land Lauten Lichten "
    "Linden Löwen Maas Mark Moor Mühl Nieder Nord Ober Oster Quell Rappen Reichen Rosen Sand Schön Silber Sonnen "
    "Stein Sträu Tannen Thal Über Unter Vier Wald Wasser Weiden Wein West Wiesen Winter Zeller"
).split()
_ENDS = "mann er bauer meier hofer berg feld stein thal hagen hausen bach brink kamp inger ler ow ski sen ka".split()
_MORE_FIRST_NAMES = (
    "Abel Agnes Alice Alina Amelie Andrea Anke Annika Beate Bianca Björn Celine Clemens Corinna Dagmar David Doris "
    "Edith Elif Ella Emma Ferdinand Finn Franka Gabriele Gerd Gisela Greta Gustav Harald Helga Hendrik Ilka Isabel "
    "Jasmin Jens Joana Jörg Jürgen Kasimir Kerstin Klaus Kristina Levin Linus Luisa Manfred Manuela Marlene Matthias "
    "Melanie Michael Monika Murat Natalia Nikolai Oliver Özlem Pascal Patricia Philipp Ralf Regina Rolf Sabine "
    "Sandra Sebastian Silke Stefan Susanne Svenja Thomas Torsten Ursula Valentin Vanessa Volker Wiebke Xenia Yannick"
).split()
_HOSTS = ("mail.example", "post.example", "inbox.example", "letters.example", "web.example", "home.example")

# Squares and cubes of a chance lean towards the beginning of a list: of 1,900 family names the first is every 80th.
_CUSTOMERS = """
insert into customers_customer (
  workspace_id, name, email, email_norm, phone, phone_norm, language, zone, birth_monthday, birth_year, joined_on,
  address, city, postal_code, country, preferred_channel, source_channel, attributes, is_anonymous, created_at,
  updated_at, archived_at)
select %(workspace)s, name, email, email, phone, phone, 'de', '', case when chance > 0.4 then
  100 * (1 + n %% 12) + 1 + n %% 28 end, null, date '2026-11-01' - (3650 * power(random(), 1.5))::int, '', 'Berlin', '',
  'DE', 'email', case when chance < 0.5 then 'shop' when chance < 0.8 then 'web' when chance < 0.9999 then 'market'
  else 'fair' end, '{}', name = '' and email = '', now(), now(), case when chance > 0.99 then now() end
from (
  select n, chance, case when chance between 0.02 and 0.05 then '' else first_name || ' ' || last_name end as name,
    case when chance < 0.9 and not chance between 0.02 and 0.05 then lower(customers_fold(first_name)) || '.' ||
      replace(customers_fold(last_name), ' ', '') || n || '@' || host else '' end as email,
    case when chance between 0.05 and 0.6 then '+49' || (1500000000 + (random() * 299999999)::bigint) else ''
    end as phone
  from (
    select n, random() as chance, (%(first)s)[1 + floor(power(random(), 2) * %(firsts)s)] as first_name,
      (%(last)s)[1 + floor(power(random(), 2.5) * %(lasts)s)] as last_name,
      (%(hosts)s)[1 + floor(power(random(), 3) * array_length(%(hosts)s, 1))] as host
    from generate_series(1, %(count)s) as n
  ) as person
) as customer
"""
# Six of ten ordered; most of them spent little.
_FACTS = """
insert into customers_facts (workspace_id, customer_id, orders_count, purchase_days, units, spent_minor,
  first_order_on, last_order_on)
select workspace_id, id, orders, orders, orders * 2, orders * (300 + floor(9000 * power(random(), 3)))::bigint,
  case when orders > 0 then joined_on end,
  case when orders > 0 then joined_on + floor((date '2026-11-01' - joined_on) * sqrt(random()))::int end
from (
  select workspace_id, id, joined_on,
    case when random() < 0.4 then 0 else 1 + floor(80 * power(random(), 6))::int end as orders
  from customers_customer where workspace_id = %(workspace)s
) as customer
"""
_TAGS = """
insert into customers_customertag (workspace_id, customer_id, tag_id, created_at)
select workspace_id, id, %(tag)s, now() from customers_customer
where workspace_id = %(workspace)s and random() < %(share)s
"""
TAGGED = {"common": 0.2, "regular": 0.02, "rare": 0.00003}
_INDEXES = """
select format('drop index %%I', indexrelid::regclass::text), pg_get_indexdef(indexrelid) from pg_index
where indrelid = any(%s::regclass[]) and not indisunique and not exists (
  select from pg_constraint where conindid = indexrelid)
"""


def superuser(servers: Servers) -> Any:
    """A connection that row-level security does not hold for."""
    return psycopg2.connect(host=str(servers.postgres.socket_folder), user="postgres", dbname="rapport")


def fill(servers: Servers, workspaces: list[Workspace], *, count: int) -> None:
    """Customers with their facts and tags, as many in each of the workspaces."""
    with filling(servers, "customers_customer", "customers_facts", "customers_customertag") as cursor:
        for workspace in workspaces:
            _fill_one(cursor, workspace, count)


@contextmanager
def filling(servers: Servers, *tables: str) -> Iterator[Any]:
    """A superuser's cursor for one transaction of rows; then the tables have their indexes and statistics again."""
    connection = superuser(servers)
    with connection, connection.cursor() as cursor:
        cursor.execute("set maintenance_work_mem = '512MB'; set session_replication_role = replica")
        cursor.execute("select setseed(0.42)")
        with _without_indexes(cursor, tables):
            yield cursor
    connection.close()
    vacuum(servers)


def vacuum(servers: Servers) -> None:
    """As autovacuum leaves it in the end."""
    connection = superuser(servers)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
    connection.close()


def _fill_one(cursor: Any, workspace: Workspace, count: int) -> None:
    first, last = [*FIRST_NAMES, *_MORE_FIRST_NAMES], [*LAST_NAMES, *(f"{a}{b}" for b in _ENDS for a in _STEMS)]
    people = {"first": first, "last": last, "hosts": list(_HOSTS), "firsts": len(first), "lasts": len(last)}
    cursor.execute(_CUSTOMERS, {"workspace": workspace.pk, "count": count, **people})
    cursor.execute(_FACTS, {"workspace": workspace.pk})
    for name, share in TAGGED.items():
        cursor.execute(
            "insert into customers_tag (workspace_id, name) values (%s, %s) returning id", [workspace.pk, name]
        )
        (tag,) = cursor.fetchone()
        cursor.execute(_TAGS, {"workspace": workspace.pk, "tag": tag, "share": share})


@contextmanager
def _without_indexes(cursor: Any, tables: Sequence[str]) -> Iterator[None]:
    """Made anew at the end, in a fraction of the time that the rows would take to enter them."""
    cursor.execute(_INDEXES, [list(tables)])
    found = cursor.fetchall()
    for drop, _ in found:
        cursor.execute(drop)
    yield
    for _, create in found:
        cursor.execute(create)
