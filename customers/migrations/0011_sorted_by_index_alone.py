from django.db import migrations, models

LISTED = models.Q(merged_into=None, erased_at=None, archived_at=None, is_anonymous=False)


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0010_erased_in_imports"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="customer", name="customer_if_listed"),
        migrations.RemoveIndex(model_name="customer", name="customer_listed_by_joined"),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=LISTED,
                fields=["workspace", "id"],
                include=["joined_on", "sort_name"],
                name="customer_if_listed",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=LISTED,
                fields=["workspace", "-joined_on", "-id"],
                include=["sort_name"],
                name="customer_listed_by_joined",
            ),
        ),
    ]
