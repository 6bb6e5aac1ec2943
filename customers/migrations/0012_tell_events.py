"""Events, told in one call: see `customers.ingesting.telling.tell_at_once`."""

from django.db import migrations

# Without sequential scans: a connection keeps the plans of its first call, when the tables may hold next to nothing.
TELL = """
create function customers_tell_events(
  keys uuid[], systems text[], people text[], names text[], properties text[], instants timestamptz[], actor text
) returns bigint language plpgsql set enable_seqscan = off as $$
declare
  workspace bigint := current_setting('app.workspace')::bigint;
  told bigint;
begin
  with said as materialized (
    select distinct on (s.key) s.*, e.customer_id
    from unnest(keys, systems, people, names, properties, instants) as s(key, system, person, name, properties, instant)
    cross join lateral (
      select customer_id from public.customers_externalid
      where workspace_id = workspace and source = s.system and value = s.person limit 1
    ) e
    order by s.key
  ), held as (
    select id from public.customers_customer
    where workspace_id = workspace and id = any(array(select customer_id from said))
      and erased_at is null and merged_into_id is null
    order by id for key share
  ), known as (
    select said.* from said join held on held.id = said.customer_id
  ), claimed as (
    insert into public.customers_ingestedevent (workspace_id, key, properties)
    select workspace, known.key, known.properties from known on conflict do nothing returning key
  )
  insert into public.timeline_event (workspace_id, kind, customer_id, occurred_at, actor, payload, tx)
  select workspace, 'CustomEvent', known.customer_id, known.instant, customers_tell_events.actor,
    jsonb_build_object('name', known.name, 'key', known.key), public.timeline_tx()
  from known join claimed using (key);
  get diagnostics told = row_count;
  if told > 0 then
    insert into public.accounts_doorbell (workspace_id, queue, due_at) values (workspace, 'timeline', now());
  end if;
  return told;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0011_sorted_by_index_alone"),
        ("timeline", "0004_record_by_function"),
    ]

    operations = [
        migrations.RunSQL(
            TELL, "drop function customers_tell_events(uuid[], text[], text[], text[], text[], timestamptz[], text)"
        ),
    ]
