from django.db import migrations, models


class Migration(migrations.Migration):
    """One limit for each number of days as before, beside the one that customers choose themselves."""

    dependencies = [("messaging", "0016_contact_wishes")]

    operations = [
        migrations.RemoveConstraint(model_name="frequencypolicy", name="one_frequency_policy_per_days"),
        migrations.AddConstraint(
            model_name="frequencypolicy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_wish", False)),
                fields=("workspace", "days"),
                name="one_frequency_policy_for_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="frequencypolicy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_wish", True)), fields=("workspace",), name="one_policy_of_wishes"
            ),
        ),
    ]
