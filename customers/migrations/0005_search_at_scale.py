import django.contrib.postgres.indexes
from django.db import migrations, models

import customers.folding

FROM = "ßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįıĵķĺļľłńņňōŏőœŕŗřśŝşšţťũūŭůűųŵŷźżžơưǎǐǒǔǖǘǚǜǟǡǧǩǫǭǰǵǹǻȁȃȅȇȉȋȍȏȑȓȕȗșțȟȧȩȫȭȯȱȳḁḃḅḇḉḋḍḏḑḓḕḗḙḛḝḟḡḣḥḧḩḫḭḯḱḳḵḷḹḻḽḿṁṃṅṇṉṋṍṏṑṓṕṗṙṛṝṟṡṣṥṧṩṫṭṯṱṳṵṷṹṻṽṿẁẃẅẇẉẋẍẏẑẓẕẖẗẘẙạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"
TO = "saaaaaaaceeeeiiiidnoooooouuuuytyaaaccccddeeeeegggghhiiiiijkllllnnnoooorrrssssttuuuuuuwyzzzouaiouuuuuaagkoojgnaaaeeiioorruusthaeooooyabbbcdddddeeeeefghhhhhiikkkllllmmmnnnnoooopprrrrsssssttttuuuuuvvwwwwwxxyzzzhtwyaaaaaaaaaaaaeeeeeeeeiioooooooooooouuuuuuuyyyy"

# As before, letter for letter. But translate() looks for every letter through the whole list, 85 µs for an e-mail
# address; most texts have none of these letters, and now cost 2.
FOLD = f"""
create or replace function customers_fold(value text) returns text language sql immutable parallel safe
return case when octet_length(value) = length(value) then lower(value)
            else translate(lower(value), '{FROM}', '{TO}') end
"""
SLOW_FOLD = f"""
create or replace function customers_fold(value text) returns text language sql immutable strict parallel safe
return translate(lower(value), '{FROM}', '{TO}')
"""


SPACED = """
create function customers_spaced(value text) returns text language sql immutable parallel safe
return ' ' || value
"""

# As in 0002: it looks for its caller, under whose row-level security no trigram index serves.
# - The workspace is put in as a number: planned with it, Postgres never counts all its customers first.
# - Whoever is merged or erased is told by num_nulls(), or it would read the index of all who are not.
# - One list of alternatives is looked up at most: two would be looked up as every pair of theirs.
# - Candidates are cut before they are chosen among, so that no words make it read the whole table.
SEARCH = """
create function customers_search(patterns jsonb, max_rows integer) returns setof bigint
language plpgsql stable strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
  sought text;
  chosen text;
begin
  select string_agg(condition, ' and ') into sought from (
    select format('customer.search_text like %L', pattern) as condition
    from jsonb_array_elements_text(patterns -> 'texts') as pattern
    union all
    select format('public.customers_spaced(customer.sort_name) like any (%L::text[])',
                  (select array_agg(pattern) from jsonb_array_elements_text(word) as pattern))
    from jsonb_array_elements(patterns -> 'names') as word
  ) as conditions;
  select string_agg(
    format('found.name like any (%L::text[])',
           (select array_agg(pattern) from jsonb_array_elements_text(word) as pattern)), ' and ')
  into chosen from jsonb_array_elements(patterns -> 'among') as word;
  return query execute format(
    'select found.id from (
       select customer.id, public.customers_spaced(customer.sort_name) as name from public.customers_customer customer
       where customer.workspace_id = %L::bigint and num_nulls(customer.merged_into_id, customer.erased_at) = 2 and (%s)
       limit case when %L::boolean then $1 else 20000 end
     ) as found where %s limit $1',
    nullif(current_setting('app.workspace', true), ''), coalesce(sought, 'false'), chosen is null,
    coalesce(chosen, 'true')) using max_rows;
end $$
"""
SIGNATURE = "customers_search(jsonb, integer)"


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0004_ingested_events"),
    ]

    operations = [
        migrations.RunSQL(FOLD, SLOW_FOLD),
        migrations.RunSQL(SPACED, "drop function customers_spaced(text)"),
        migrations.RemoveIndex(model_name="customer", name="customer_by_likeness"),
        migrations.RemoveIndex(model_name="customer", name="customer_by_joined"),
        migrations.AddIndex(
            model_name="customer",
            index=django.contrib.postgres.indexes.GinIndex(
                models.F("workspace"),
                django.contrib.postgres.indexes.OpClass(customers.folding.Spaced("sort_name"), name="gin_trgm_ops"),
                name="customer_by_name_words",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(merged_into=None, erased_at=None, archived_at=None, is_anonymous=False),
                fields=["workspace", "id"],
                name="customer_if_listed",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(merged_into=None, erased_at=None, archived_at=None, is_anonymous=False),
                fields=["workspace", "-joined_on", "-id"],
                name="customer_listed_by_joined",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(merged_into=None, erased_at=None, archived_at=None, is_anonymous=False),
                fields=["workspace", "sort_name", "id"],
                name="customer_listed_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="facts", index=models.Index(fields=["workspace", "first_order_on"], name="facts_by_first_order")
        ),
        migrations.AddIndex(
            model_name="facts", index=models.Index(fields=["workspace", "orders_count"], name="facts_by_orders")
        ),
        # The one of 0002 stays for as long as a web process of the release before may ask it.
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
