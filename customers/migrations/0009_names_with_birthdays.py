from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0008_tell_event"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                fields=["workspace", "sort_name", "birth_monthday"], name="customer_by_name_and_birthday"
            ),
        ),
        migrations.RemoveIndex(model_name="customer", name="customer_by_sort_name"),
    ]
