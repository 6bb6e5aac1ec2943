from django.db import migrations, models

SOURCES = ["join_page", "preferences", "unsubscribe", "staff", "import", "api", "other_address"]


class Migration(migrations.Migration):
    """Consent that was confirmed by another address than the customer has now."""

    dependencies = [("messaging", "0022_last_touches")]

    operations = [
        migrations.AlterField(
            model_name="consentrecord",
            name="source",
            field=models.CharField(
                choices=[
                    ("join_page", "Join page"),
                    ("preferences", "Preference page"),
                    ("unsubscribe", "Unsubscribe link"),
                    ("staff", "Told to staff"),
                    ("import", "Import"),
                    ("api", "API"),
                    ("other_address", "Given under another address"),
                ],
                max_length=20,
            ),
        ),
        migrations.RemoveConstraint(model_name="consentrecord", name="consent_source_is_known"),
        migrations.AddConstraint(
            model_name="consentrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", SOURCES)), name="consent_source_is_known"
            ),
        ),
    ]
