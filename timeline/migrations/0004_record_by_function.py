"""What `timeline.recording.record` does, for functions of Postgres: an event, and the ring that it has come."""

from django.db import migrations

RECORD = """
create function timeline_record(kind text, customer_id bigint, occurred_at timestamptz, actor text, payload jsonb)
returns void language plpgsql as $$
declare
  workspace bigint := current_setting('app.workspace')::bigint;
begin
  insert into public.timeline_event (workspace_id, kind, customer_id, occurred_at, actor, payload, tx)
  values (workspace, kind, customer_id, occurred_at, actor, payload, public.timeline_tx());
  insert into public.accounts_doorbell (workspace_id, queue, due_at) values (workspace, 'timeline', now());
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_rings_without_a_look_up_each"),
        ("timeline", "0003_events_without_a_look_up_each"),
    ]

    operations = [
        migrations.RunSQL(RECORD, "drop function timeline_record(text, bigint, timestamptz, text, jsonb)"),
    ]
