from django.db import migrations, models


class Migration(migrations.Migration):
    """What was read before this has its first touches alone."""

    dependencies = [("messaging", "0021_goal_from")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="last_opened_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="last_clicked_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
