from django.db import migrations

# Events are append-only for the application; this is the one door through which a payload is ever changed, and it only
# takes words away. Ids, amounts and the shape stay: books and counts go on adding up, and a subscriber that has not
# read the event yet can still load it. It runs as crm_owner, whom the policies let see every workspace, so it names it.
ERASE = """
create function timeline_erase_customer(customer_ids bigint[]) returns integer
language sql security definer set search_path = pg_catalog, pg_temp
as $$
  with blanked as (
    update public.timeline_event event
    set payload = (
      select coalesce(jsonb_object_agg(key, case jsonb_typeof(value)
        when 'string' then '""'::jsonb when 'array' then '[]'::jsonb when 'object' then '{}'::jsonb else value end), '{}')
      from jsonb_each(event.payload)
    )
    where event.workspace_id = nullif(current_setting('app.workspace', true), '')::bigint
      and event.customer_id = any(customer_ids)
    returning 1
  ) select count(*)::integer from blanked
$$
"""
SIGNATURE = "timeline_erase_customer(bigint[])"


class Migration(migrations.Migration):
    dependencies = [("timeline", "0001_initial")]

    operations = [
        migrations.RunSQL(
            [
                ERASE,
                f"revoke all on function {SIGNATURE} from public",
                f"grant execute on function {SIGNATURE} to crm_app",
            ],
            f"drop function {SIGNATURE}",
        ),
    ]
