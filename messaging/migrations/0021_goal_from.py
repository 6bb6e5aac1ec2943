from django.db import migrations, models


class Migration(migrations.Migration):
    """From when on orders count for the lift, of those written to as of those held out."""

    dependencies = [("messaging", "0020_flow_holdout")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="goal_from",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
