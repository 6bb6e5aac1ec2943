from django.db import migrations, models

# That somebody confirmed is evidence like the rest of what they said.
GUARD = """
create or replace function consent_stays_as_it_was() returns trigger language plpgsql
set search_path = pg_catalog, public
as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'consent % is evidence and cannot be deleted', old.id using errcode = 'check_violation';
  end if;
  if new.workspace_id <> old.workspace_id or new.topic_id <> old.topic_id or new.state <> old.state
     or new.source <> old.source or new.actor <> old.actor or new.at <> old.at
     or new.message_id is distinct from old.message_id or new.confirmed_at is distinct from old.confirmed_at
     or (new.wording <> old.wording and new.wording <> '') or (new.detail <> old.detail and new.detail <> '')
     or (new.ip is distinct from old.ip and new.ip is not null) then
    raise exception 'consent % is evidence and cannot be changed', old.id using errcode = 'check_violation';
  end if;
  return new;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0014_messages_lately_sent")]

    operations = [
        migrations.AddField(
            model_name="subscriptiontopic",
            name="needs_confirmation",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(model_name="consentrecord", name="confirmed_at", field=models.DateTimeField(null=True)),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ]
