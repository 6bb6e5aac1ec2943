from django.db import migrations, models

# `migrate` makes an index for a key only where no other begins with it.
KEY_INDEXES = ("customers_facts_customer_id_ws_idx", "customers_customertag_tag_id_ws_idx")

# Until autovacuum came by, Postgres knows nothing of expressions that were indexed since, and takes whichever index is
# the newest. An empty table is better off never analysed: it would be planned as one that stays empty.
ANALYZE = """
do $$ begin
  if exists (select from customers_customer) then
    analyze customers_customer, customers_facts, customers_customertag;
  end if;
end $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0006_distinctions"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="facts", name="facts_by_orders"),
        migrations.AddIndex(
            model_name="facts",
            index=models.Index(
                fields=["workspace", "orders_count", "spent_minor", "customer"], name="facts_by_orders_and_spent"
            ),
        ),
        migrations.AddIndex(
            model_name="facts",
            index=models.Index(
                fields=["workspace", "customer"],
                include=["orders_count", "spent_minor", "first_order_on", "last_order_on"],
                name="facts_of_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="customertag",
            index=models.Index(fields=["workspace", "tag", "customer"], name="customer_tag_of_tag"),
        ),
        migrations.RunSQL([f"drop index if exists {name}" for name in KEY_INDEXES], migrations.RunSQL.noop),
        migrations.RunSQL(ANALYZE, migrations.RunSQL.noop),
    ]
