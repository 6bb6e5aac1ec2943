import django.contrib.postgres.indexes
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models

import customers.folding

# Letter for letter; `customers.folding.fold` does the same, and a test compares the two.
FOLD = """
create function customers_fold(value text) returns text language sql immutable strict parallel safe
return translate(
  lower(value),
  'ßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįıĵķĺļľłńņňōŏőœŕŗřśŝşšţťũūŭůűųŵŷźżžơưǎǐǒǔǖǘǚǜǟǡǧǩǫǭǰǵǹǻȁȃȅȇȉȋȍȏȑȓȕȗșțȟȧȩȫȭȯȱȳḁḃḅḇḉḋḍḏḑḓḕḗḙḛḝḟḡḣḥḧḩḫḭḯḱḳḵḷḹḻḽḿṁṃṅṇṉṋṍṏṑṓṕṗṙṛṝṟṡṣṥṧṩṫṭṯṱṳṵṷṹṻṽṿẁẃẅẇẉẋẍẏẑẓẕẖẗẘẙạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ',
  'saaaaaaaceeeeiiiidnoooooouuuuytyaaaccccddeeeeegggghhiiiiijkllllnnnoooorrrssssttuuuuuuwyzzzouaiouuuuuaagkoojgnaaaeeiioorruusthaeooooyabbbcdddddeeeeefghhhhhiikkkllllmmmnnnnoooopprrrrsssssttttuuuuuvvwwwwwxxyzzzhtwyaaaaaaaaaaaaeeeeeeeeiioooooooooooouuuuuuuyyyy'
)
"""

# Free text is matched by operators that are not leakproof, so under row-level security no index serves them (327 ms
# against 5). This function looks for its caller, with the workspace inside. `patterns` holds, for every word, the LIKE
# patterns that may stand for it. It is crm_ops', who may read every table and write none.
SEARCH = """
create function customers_search(patterns jsonb, in_names boolean, max_rows integer) returns setof bigint
language plpgsql stable strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
  conditions text;
begin
  select string_agg(
    format(
      'customer.%I like any (%L::text[])',
      case when in_names then 'sort_name' else 'search_text' end,
      (select array_agg(pattern) from jsonb_array_elements_text(word) as pattern)
    ), ' and ')
  into conditions from jsonb_array_elements(patterns) as word;
  -- Planned anew for these words: whether the index pays depends on how rare they are.
  return query execute format(
    'select customer.id from public.customers_customer customer
     where customer.workspace_id = nullif(current_setting(''app.workspace'', true), '''')::bigint
       and customer.merged_into_id is null and customer.erased_at is null and (%s) limit $1',
    coalesce(conditions, 'false')) using max_rows;
end $$
"""
SIGNATURE = "customers_search(jsonb, boolean, integer)"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("customers", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(FOLD, "drop function customers_fold(text)"),
        migrations.RemoveIndex(model_name="customer", name="customer_by_name"),
        migrations.RemoveIndex(model_name="customer", name="customer_by_any_word"),
        migrations.RemoveField(model_name="customer", name="search_text"),
        migrations.AddField(
            model_name="customer",
            name="search_text",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.text.Concat(
                    customers.folding.Folded("name"),
                    models.Value(" "),
                    customers.folding.Folded("email_norm"),
                    models.Value(" "),
                    "phone_norm",
                ),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddField(
            model_name="customer",
            name="sort_name",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.comparison.Coalesce(
                    django.db.models.functions.comparison.NullIf(customers.folding.Folded("name"), models.Value("")),
                    django.db.models.functions.comparison.NullIf(
                        customers.folding.Folded("email_norm"), models.Value("")
                    ),
                    "phone_norm",
                ),
                output_field=models.TextField(db_collation="C"),
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["workspace", "sort_name", "id"], name="customer_by_sort_name"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("source_channel", ""), _negated=True),
                fields=["workspace", "source_channel"],
                name="customer_by_source",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("archived_at__isnull", False)),
                fields=["workspace", "id"],
                name="customer_if_archived",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("is_anonymous", True)), fields=["workspace", "id"], name="customer_if_anonymous"
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=django.contrib.postgres.indexes.GinIndex(
                models.F("workspace"),
                django.contrib.postgres.indexes.OpClass("search_text", name="gin_trgm_ops"),
                name="customer_by_any_word",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=django.contrib.postgres.indexes.GinIndex(
                models.F("workspace"),
                django.contrib.postgres.indexes.OpClass("sort_name", name="gin_trgm_ops"),
                name="customer_by_likeness",
            ),
        ),
        migrations.RunSQL(
            [
                "set local role crm_ops",
                SEARCH,
                f"revoke all on function {SIGNATURE} from public",
                f"grant execute on function {SIGNATURE} to crm_app, crm_owner",
                "reset role",
            ],
            ["set local role crm_ops", f"drop function {SIGNATURE}", "reset role"],
        ),
    ]
