"""One event, told in one call: see `customers.ingesting.telling.tell_at_once`."""

from django.db import migrations

# Without sequential scans: a connection keeps the plans of its first call, when the tables may hold next to nothing.
TELL = """
create function customers_tell_event(
  key uuid, system text, person text, name text, properties text, occurred_at timestamptz, actor text
) returns boolean language plpgsql set enable_seqscan = off as $$
declare
  workspace bigint := current_setting('app.workspace')::bigint;
  customer bigint;
begin
  select c.id into customer from public.customers_externalid e
  join public.customers_customer c on c.workspace_id = workspace and c.id = e.customer_id
    and c.erased_at is null and c.merged_into_id is null
  where e.workspace_id = workspace and e.source = system and e.value = person
  for key share of c;
  if customer is null then
    return false;
  end if;
  insert into public.customers_ingestedevent (workspace_id, key, properties) values (workspace, key, properties)
  on conflict do nothing;
  if not found then
    return false;
  end if;
  perform public.timeline_record(
    'CustomEvent', customer, occurred_at, actor, jsonb_build_object('name', name, 'key', key)
  );
  return true;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0007_lists_by_index_alone"),
        ("timeline", "0004_record_by_function"),
    ]

    operations = [
        migrations.RunSQL(TELL, "drop function customers_tell_event(uuid, text, text, text, text, timestamptz, text)"),
    ]
