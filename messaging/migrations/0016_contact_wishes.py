import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import accounts.fields
import accounts.scope


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_approval_and_goals"),
        ("customers", "0014_attributes_with_whose"),
        ("messaging", "0015_double_opt_in"),
    ]

    operations = [
        migrations.CreateModel(
            name="ContactWish",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("paused_until", models.DateTimeField(null=True)),
                ("is_less_often", models.BooleanField(default=False)),
                (
                    "customer",
                    accounts.fields.WorkspaceForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
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
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "customer"), name="one_contact_wish_per_customer")
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("unscoped", django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddField(
            model_name="frequencypolicy",
            name="is_wish",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
    ]
