from django.db import migrations, models


class Migration(migrations.Migration):
    """In which zones customers live, and who lives in each: asked whenever an hour may strike somewhere."""

    dependencies = [("customers", "0014_attributes_with_whose")]

    operations = [
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(merged_into=None, erased_at=None, archived_at=None, is_anonymous=False),
                fields=["workspace", "zone", "id"],
                name="customer_listed_by_zone",
            ),
        ),
    ]
