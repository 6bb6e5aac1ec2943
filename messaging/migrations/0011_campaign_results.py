import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from django.db import migrations, models

import accounts.fields
import accounts.scope


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_approval_and_goals"),
        ("messaging", "0010_flows"),
        ("sales", "0004_orders_that_wait"),
    ]

    operations = [
        migrations.AddField("campaign", "retry_asked_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField("campaign", "retry_reasons", models.JSONField(null=True)),
        migrations.CreateModel(
            name="CampaignTally",
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
                    accounts.fields.WorkspaceOneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tally", to="messaging.campaign"
                    ),
                ),
                ("states", models.JSONField(default=dict)),
                ("opened", models.IntegerField(default=0)),
                ("machine_opened", models.IntegerField(default=0)),
                ("opened_at_all", models.IntegerField(default=0)),
                ("clicked", models.IntegerField(default=0)),
                ("unsubscribed", models.IntegerField(default=0)),
                ("converted", models.IntegerField(default=0)),
                ("revenue_minor", models.BigIntegerField(default=0)),
                ("buyers", models.IntegerField(default=0)),
                ("held_out_buyers", models.IntegerField(default=0)),
                ("is_stale", models.BooleanField(default=True)),
                ("counted_at", models.DateTimeField(editable=False, null=True)),
                ("took_ms", models.IntegerField(default=0)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "unscoped",
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_stale", True)),
                        fields=["workspace", "campaign"],
                        name="tally_to_count_again",
                    )
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("unscoped", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Conversion",
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
                    "message",
                    accounts.fields.WorkspaceForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="conversions", to="messaging.message"
                    ),
                ),
                (
                    "order",
                    accounts.fields.WorkspaceForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="sales.order"
                    ),
                ),
                (
                    "campaign",
                    accounts.fields.WorkspaceForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conversions",
                        to="messaging.campaign",
                    ),
                ),
                (
                    "touch",
                    models.CharField(
                        choices=[("clicked", "Followed a link"), ("opened", "Read it"), ("received", "Received it")],
                        max_length=10,
                    ),
                ),
                ("touched_at", models.DateTimeField()),
                ("converted_at", models.DateTimeField()),
                ("value_minor", models.BigIntegerField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "unscoped",
                "indexes": [models.Index(fields=["workspace", "campaign", "message"], name="conversion_of_campaign")],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "order"), name="one_conversion_per_order"),
                    models.CheckConstraint(
                        condition=models.Q(("touch__in", ["clicked", "opened", "received"])), name="touch_is_known"
                    ),
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("unscoped", django.db.models.manager.Manager()),
            ],
        ),
    ]
