from django.db import migrations, models

# Pauses from before this have nobody who looks when they are over.
_RING = """
insert into accounts_doorbell (workspace_id, queue, due_at)
select workspace_id, 'pauses', min(paused_until) from messaging_contactwish
where paused_until is not null group by workspace_id
"""


class Migration(migrations.Migration):
    """Whose pause is over is found by its end, and who chose what by that alone."""

    dependencies = [
        ("accounts", "0006_approval_and_goals"),
        ("messaging", "0017_limits_that_are_wishes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="contactwish",
            index=models.Index(
                condition=models.Q(("paused_until__isnull", False)),
                fields=["workspace", "paused_until", "customer"],
                name="contact_wish_paused",
            ),
        ),
        migrations.AddIndex(
            model_name="contactwish",
            index=models.Index(
                condition=models.Q(("is_less_often", True)),
                fields=["workspace", "customer"],
                name="contact_wish_less_often",
            ),
        ),
        migrations.RunSQL(_RING, migrations.RunSQL.noop),
    ]
