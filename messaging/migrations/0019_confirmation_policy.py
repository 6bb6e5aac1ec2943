import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import accounts.scope


class Migration(migrations.Migration):
    """Topics from before this go on deciding for themselves."""

    dependencies = [
        ("accounts", "0006_approval_and_goals"),
        ("messaging", "0018_pauses_by_their_end"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConfirmationPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("needs_confirmation", models.BooleanField(default=False)),
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
            ],
            options={
                "abstract": False,
                "base_manager_name": "unscoped",
                "constraints": [models.UniqueConstraint(fields=("workspace",), name="one_confirmation_policy")],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("unscoped", django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddField(
            model_name="subscriptiontopic",
            name="follows_workspace",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
