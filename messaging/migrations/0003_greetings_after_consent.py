from django.db import migrations

# What was kept back for want of consent may be queued again, once the customer agreed; all else stays as in 0001.
GUARD = """
create or replace function message_keeps_its_states() returns trigger language plpgsql
set search_path = pg_catalog, public
as $$
declare
  was_taken_back constant boolean := tg_op = 'UPDATE' and (old.state = 'cancelled'
    or old.state = 'skipped' and old.reason in ('no_consent', 'not_confirmed', 'withdrawn'));
begin
  if tg_op = 'INSERT' then
    if new.state <> 'queued' then
      raise exception 'a message begins as queued, not as %', new.state using errcode = 'check_violation';
    end if;
    return new;
  end if;
  if new.workspace_id <> old.workspace_id or new.dedupe_key <> old.dedupe_key or new.message_id <> old.message_id
     or new.purpose <> old.purpose or new.created_at <> old.created_at then
    raise exception 'what message % is cannot be changed', old.id using errcode = 'check_violation';
  end if;
  -- One that was taken back before it left may be queued again, with the words and the address of that day.
  if not (was_taken_back and new.state = 'queued')
     and (new.template_version_id <> old.template_version_id or new.topic_id is distinct from old.topic_id
          or new.address_hash <> old.address_hash or (new.address <> old.address and new.address <> '')) then
    raise exception 'what message % says and whom it is for cannot be changed', old.id
      using errcode = 'check_violation';
  end if;
  if new.state <> old.state and not (case old.state
      when 'queued'    then new.state in ('leased', 'skipped', 'cancelled')
      when 'leased'    then new.state in ('queued', 'sending', 'skipped', 'cancelled', 'failed')
      when 'sending'   then new.state in ('sent', 'queued', 'failed', 'unknown')
      when 'unknown'   then new.state in ('sent', 'queued', 'failed')
      when 'sent'      then new.state in ('delivered', 'bounced', 'complained')
      when 'delivered' then new.state in ('bounced', 'complained')
      when 'cancelled' then new.state = 'queued'
      when 'skipped'   then was_taken_back and new.state = 'queued'
      else false end) then
    raise exception 'message % cannot go from % to %', old.id, old.state, new.state using errcode = 'check_violation';
  end if;
  return new;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0002_consent_and_suppression")]

    operations = [migrations.RunSQL(GUARD, migrations.RunSQL.noop)]
