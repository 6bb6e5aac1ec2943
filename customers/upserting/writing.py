"""One batch of customers into the tables: what is new is inserted, what differs is changed, the rest is not touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from accounts.scope import current_workspace, current_workspace_id
from customers.events import CustomerChanged, CustomerJoined
from customers.models import Customer, ExternalId, Facts
from customers.models.customers import Channel
from customers.staging import execute, insert_select, scratch, stage
from customers.upserting.attributes import Definition, plain, write_attribute_values
from customers.upserting.matching import Target
from customers.upserting.rows import DAYS, FIELDS, NUMBERS, TEXTS, AttributeData, CustomerRow, field_values, says_who
from timeline.recording import record_select

_COLUMNS = ", ".join(
    (
        "id bigint, is_new boolean, is_anonymous boolean, attributes jsonb",
        *(f"{name} text" for name in TEXTS),
        *(f"{name} int" for name in NUMBERS),
        *(f"{name} date" for name in DAYS),
    )
)
_json = msgspec.json.Encoder()


def stage_customers(
    targets: Sequence[Target], rows: Sequence[CustomerRow], definitions: Mapping[str, Definition]
) -> None:
    """Ordered by address, so that two batches with the same new addresses wait for each other and never deadlock."""
    staged = [_staged(target, rows, definitions) for target in targets]
    at_email = 4 + FIELDS.index("email_norm")
    staged.sort(key=lambda values: (values[at_email] or "", values[0]))
    stage("staged_customers", _COLUMNS, staged)


def _staged(target: Target, rows: Sequence[CustomerRow], definitions: Mapping[str, Definition]) -> tuple[Any, ...]:
    last = rows[target.positions[-1]]
    values: Sequence[Any] = field_values(last)
    attributes = last.attributes
    is_anonymous = last.is_anonymous and not says_who(last)
    for position in reversed(target.positions[:-1]):
        earlier = rows[position]
        values = [old if new is None else new for new, old in zip(values, field_values(earlier), strict=True)]
        attributes = {**earlier.attributes, **attributes}
        is_anonymous = is_anonymous and earlier.is_anonymous and not says_who(earlier)
    return (
        target.id,
        target.is_new,
        is_anonymous,
        _plain_attributes(attributes, definitions) if attributes else None,
        *values,
    )


def _plain_attributes(attributes: Mapping[str, AttributeData], definitions: Mapping[str, Definition]) -> str:
    known = {key: plain(value, definitions[key].kind) for key, value in attributes.items() if key in definitions}
    return _json.encode(known).decode()


def insert_new_customers(*, source: str) -> None:
    blanks = {name: f"coalesce(s.{name}, '')" for name in TEXTS}
    values = blanks | {
        "id": "s.id",
        "preferred_channel": f"coalesce(nullif(s.preferred_channel, ''), '{Channel.EMAIL.value}')",
        "birth_monthday": "nullif(s.birth_monthday, 0)",
        "birth_year": "nullif(s.birth_year, 0)",
        "joined_on": "coalesce(s.joined_on, joining.today)",
        "attributes": "coalesce(jsonb_strip_nulls(s.attributes), '{}')",
        "is_anonymous": "s.is_anonymous",
    }
    zone = current_workspace().zone
    insert_select(
        Customer,
        values,
        "staged_customers s, (select (now() at time zone %s)::date as today) as joining where s.is_new",
        params=[zone],
    )
    insert_select(Facts, {"customer_id": "s.id"}, "staged_customers s where s.is_new order by s.id")
    record_select(
        CustomerJoined,
        """select s.id as customer_id, %s as source,
                  case when s.joined_on < (now() at time zone %s)::date
                       then s.joined_on::timestamp at time zone %s else statement_timestamp() end as occurred_at
           from staged_customers s where s.is_new order by s.id""",
        [source, zone, zone],
    )


def change_known_customers() -> None:
    """What differs goes to `staged_customer_changes` under a lock taken in the order of ids, and is then written."""
    scratch("staged_customer_changes", "id bigint, changed text[]")
    execute(
        f"""insert into staged_customer_changes
            select c.id, differing.changed
            from staged_customers s join customers_customer c on c.workspace_id = %s and c.id = s.id
            cross join lateral (select array_remove(array[{_DIFFERENCES}], null) as changed) as differing
            where not s.is_new and differing.changed <> '{{}}'
            order by c.id for no key update of c""",  # noqa: S608  our own field names
        [current_workspace_id()],
    )
    execute(
        f"""update customers_customer c set updated_at = statement_timestamp(), {_CHANGES}
            from staged_customers s join staged_customer_changes d on d.id = s.id
            where c.workspace_id = %s and c.id = s.id""",  # noqa: S608  our own field names
        [current_workspace_id()],
    )


_BIRTH_MONTHDAY = "nullif(coalesce(s.birth_monthday, c.birth_monthday), 0)"
# A file that knows the day only does not make us forget the year.
_BIRTH_YEAR = f"""case when s.birth_monthday = 0 then null
    when s.birth_year is not null then s.birth_year
    when {_BIRTH_MONTHDAY} = c.birth_monthday then c.birth_year end"""
_DIFFERENCES = ", ".join(
    (
        *(
            f"case when s.{name} <> c.{name} then '{name}' end"
            for name in (*TEXTS, *DAYS)
            if name not in {"email", "email_norm", "phone", "phone_norm", "preferred_channel"}
        ),
        *(
            f"case when s.{name} <> c.{name} or s.{name}_norm <> c.{name}_norm then '{name}' end"
            for name in ("email", "phone")
        ),
        f"""case when {_BIRTH_MONTHDAY} is distinct from c.birth_monthday
                   or {_BIRTH_YEAR} is distinct from c.birth_year then 'birthday' end""",
        "case when nullif(s.preferred_channel, '') <> c.preferred_channel then 'preferred_channel' end",
        "case when jsonb_strip_nulls(c.attributes || s.attributes) <> c.attributes then 'attributes' end",
        "case when c.is_anonymous and not s.is_anonymous then 'is_anonymous' end",
    )
)
_CHANGES = ", ".join(
    (
        *(f"{name} = coalesce(s.{name}, c.{name})" for name in (*TEXTS, *DAYS) if name != "preferred_channel"),
        f"birth_monthday = {_BIRTH_MONTHDAY}",
        f"birth_year = {_BIRTH_YEAR}",
        "preferred_channel = coalesce(nullif(s.preferred_channel, ''), c.preferred_channel)",
        "attributes = jsonb_strip_nulls(c.attributes || coalesce(s.attributes, '{}'))",
        "is_anonymous = c.is_anonymous and s.is_anonymous",
    )
)


def write_attributes(
    targets: Sequence[Target], rows: Sequence[CustomerRow], definitions: Mapping[str, Definition]
) -> None:
    values: dict[tuple[int, str], AttributeData] = {}
    for target in targets:
        for position in target.positions:
            for key, value in rows[position].attributes.items():
                if key in definitions:
                    values[target.id, key] = value
    if values:
        write_attribute_values([(pk, definitions[key], value) for (pk, key), value in values.items()])


def add_external_ids(targets: Sequence[Target], *, system: str) -> None:
    """New aliases; on a customer who was known before, that is a change like another."""
    aliases = [(target.id, value, target.is_new) for target in targets for value in target.new_external_ids]
    if not aliases:
        return
    aliases.sort(key=lambda alias: alias[1])
    stage("staged_external_ids", "customer_id bigint, value text, is_new boolean", aliases)
    insert_select(
        ExternalId,
        {"customer_id": "s.customer_id", "value": "s.value"},
        "staged_external_ids s",
        constants={"source": system},
    )
    if not all(is_new for _, _, is_new in aliases):
        execute(
            """insert into staged_customer_changes
               select distinct customer_id, array['external_ids'] from staged_external_ids where not is_new"""
        )


def record_changes() -> None:
    """One CustomerChanged for each customer, naming all that changed."""
    record_select(
        CustomerChanged,
        """select d.id as customer_id, statement_timestamp() as occurred_at, jsonb_agg(name) as changed
           from staged_customer_changes d, unnest(d.changed) as name group by d.id order by d.id""",
        [],
    )
