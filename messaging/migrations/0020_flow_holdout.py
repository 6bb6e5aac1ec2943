import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    """One state more, and from when on somebody is measured."""

    dependencies = [("messaging", "0019_confirmation_policy")]

    operations = [
        migrations.RemoveConstraint(model_name="enrolment", name="enrolment_state_is_known"),
        migrations.AddField(
            model_name="enrolment",
            name="enrolled_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False
            ),
        ),
        migrations.AlterField(
            model_name="enrolment",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "On the way"),
                    ("done", "Finished"),
                    ("exited", "Left early"),
                    ("stuck", "Stuck"),
                    ("held_out", "Held out"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "done", "exited", "stuck", "held_out"])),
                name="enrolment_state_is_known",
            ),
        ),
    ]
