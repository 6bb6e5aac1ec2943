import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.fields
import accounts.scope

# Two things more than in 0003. A message of a campaign may begin as held out of it. And one that failed, so was
# certainly not taken by the relay, may be queued again for its campaign, with all its attempts before it.
GUARD = """
create or replace function message_keeps_its_states() returns trigger language plpgsql
set search_path = pg_catalog, public
as $$
declare
  was_taken_back constant boolean := tg_op = 'UPDATE' and (old.state = 'cancelled'
    or old.state = 'skipped' and old.reason in ('no_consent', 'not_confirmed', 'withdrawn'));
begin
  if tg_op = 'INSERT' then
    if new.state <> 'queued'
       and not (new.state = 'skipped' and new.reason = 'holdout' and new.campaign_id is not null) then
      raise exception 'a message begins as queued, not as %', new.state using errcode = 'check_violation';
    end if;
    return new;
  end if;
  if new.workspace_id <> old.workspace_id or new.dedupe_key <> old.dedupe_key or new.message_id <> old.message_id
     or new.purpose <> old.purpose or new.created_at <> old.created_at
     or new.campaign_id is distinct from old.campaign_id then
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
      when 'failed'    then new.state = 'queued' and new.campaign_id is not null and new.attempts = 0
      else false end) then
    raise exception 'message % cannot go from % to %', old.id, old.state, new.state using errcode = 'check_violation';
  end if;
  return new;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_approval_and_goals"),
        ("customers", "0013_segments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("messaging", "0007_policies"),
    ]

    operations = [
        migrations.CreateModel(
            name="Campaign",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        default=accounts.scope.current_workspace_id,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.workspace",
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "template",
                    accounts.fields.WorkspaceForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="messaging.template",
                    ),
                ),
                (
                    "version",
                    accounts.fields.WorkspaceForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="messaging.templateversion",
                    ),
                ),
                (
                    "topic",
                    accounts.fields.WorkspaceForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="messaging.subscriptiontopic",
                    ),
                ),
                (
                    "reach",
                    models.CharField(
                        choices=[
                            ("topic", "Everybody who agreed to the topic"),
                            ("segments", "The customers of segments and lists"),
                        ],
                        default="topic",
                        max_length=10,
                    ),
                ),
                (
                    "timing",
                    models.CharField(
                        choices=[
                            ("at_once", "At once"),
                            ("workspace", "At a time on your clock"),
                            ("customer", "At a time on each customer's clock"),
                        ],
                        default="at_once",
                        max_length=10,
                    ),
                ),
                ("send_on", models.DateField(null=True)),
                ("send_time", models.TimeField(null=True)),
                ("zone", models.CharField(blank=True, max_length=64)),
                (
                    "repeats",
                    models.CharField(
                        choices=[("never", "Once"), ("weekly", "Every week"), ("monthly", "Every month")],
                        default="never",
                        max_length=10,
                    ),
                ),
                ("repeat_day", models.PositiveSmallIntegerField(null=True)),
                ("per_hour", models.PositiveIntegerField(null=True)),
                ("holdout_percent", models.PositiveSmallIntegerField(default=0)),
                ("goal_days", models.PositiveSmallIntegerField(default=5)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("awaiting", "Waiting for approval"),
                            ("scheduled", "Scheduled"),
                            ("sending", "Sending"),
                            ("paused", "Paused"),
                            ("completed", "Completed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                (
                    "pause_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("by_hand", "Somebody paused it."),
                            ("bounces", "It paused by itself: too many messages came back or were refused."),
                            ("complaints", "It paused by itself: too many recipients marked it as spam."),
                            (
                                "not_ready",
                                "It paused by itself when its time came, because something that it needs is missing.",
                            ),
                        ],
                        max_length=20,
                    ),
                ),
                ("pause_detail", models.CharField(blank=True, max_length=500)),
                (
                    "series",
                    accounts.fields.WorkspaceForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="messaging.campaign",
                    ),
                ),
                ("occurs_on", models.DateField(null=True)),
                (
                    "built_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "edited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("starts_at", models.DateTimeField(editable=False, null=True)),
                ("started_at", models.DateTimeField(editable=False, null=True)),
                ("gathered_at", models.DateTimeField(editable=False, null=True)),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                ("place", models.BigIntegerField(default=0)),
                ("audience_count", models.IntegerField(default=0)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "unscoped",
                "indexes": [
                    models.Index(fields=["workspace", "-created_at", "-id"], name="campaign_newest_first"),
                    models.Index(
                        condition=models.Q(("state__in", ("scheduled", "sending", "paused"))),
                        fields=["workspace", "state", "id"],
                        name="campaign_under_way",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "series", "occurs_on"), name="one_run_per_occurrence"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["draft", "awaiting", "scheduled", "sending", "paused", "completed", "cancelled"],
                            )
                        ),
                        name="campaign_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("draft", "cancelled")),
                            models.Q(("template__isnull", False), ("topic__isnull", False)),
                            _connector="OR",
                        ),
                        name="campaign_is_whole_once_asked_for",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "sending"), _negated=True),
                            models.Q(("started_at__isnull", False), ("version__isnull", False)),
                            _connector="OR",
                        ),
                        name="campaign_sends_a_version",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("holdout_percent__lte", 50)), name="campaign_reaches_half_at_least"
                    ),
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("unscoped", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="CampaignSegment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        default=accounts.scope.current_workspace_id,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.workspace",
                    ),
                ),
                (
                    "campaign",
                    accounts.fields.WorkspaceForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="segments", to="messaging.campaign"
                    ),
                ),
                (
                    "segment",
                    accounts.fields.WorkspaceForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.segment"
                    ),
                ),
                ("is_excluded", models.BooleanField(default=False)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "unscoped",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "campaign", "segment"), name="one_place_per_segment_in_a_campaign"
                    )
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("unscoped", django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddField(
            "message",
            "campaign",
            accounts.fields.WorkspaceForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="messaging.campaign"
            ),
        ),
        migrations.AddField("message", "unsubscribed_at", models.DateTimeField(editable=False, null=True)),
        migrations.RemoveIndex(
            model_name="message",
            name="message_waiting",
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("campaign", None), ("state", "queued")),
                fields=["workspace", "priority", "not_before", "id"],
                name="message_waiting_alone",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("campaign__isnull", False), ("state", "queued")),
                fields=["workspace", "campaign", "not_before", "id"],
                name="message_waiting_in_campaign",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["workspace", "campaign", "-id"], name="message_of_campaign"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(
                    ("campaign__isnull", False),
                    ("state__in", ("failed", "unknown", "skipped", "cancelled", "bounced", "complained")),
                ),
                fields=["workspace", "campaign", "state", "-id"],
                name="message_of_campaign_by_state",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("campaign__isnull", False), ("opened_at__isnull", False)),
                fields=["workspace", "campaign", "-id"],
                name="message_of_campaign_opened",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("campaign__isnull", False), ("clicked_at__isnull", False)),
                fields=["workspace", "campaign", "-id"],
                name="message_of_campaign_clicked",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("campaign__isnull", False), ("unsubscribed_at__isnull", False)),
                fields=["workspace", "campaign", "-id"],
                name="message_of_campaign_left",
            ),
        ),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ]
