from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connections, models
from django.db.migrations.operations import AddField, CreateModel, RunPython
from django.db.migrations.state import ProjectState

from accounts.migrating import rendering_what_changes


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_database_has_what_the_models_declare() -> None:
    models_here = [model for model in apps.get_models() if model._meta.managed]
    declared = set()
    for model in models_here:
        names = [field.column for field in model._meta.local_concrete_fields]
        names += [each.name for each in (*model._meta.indexes, *model._meta.constraints)]
        declared |= {(model._meta.db_table, name) for name in names}

    with connections["owner"].cursor() as cursor:
        cursor.execute(
            """select table_name, column_name from information_schema.columns where table_schema = 'public'
               union select tablename, indexname from pg_indexes where schemaname = 'public'
               union select relname, conname from pg_constraint c join pg_class on pg_class.oid = conrelid"""
        )
        found = set(cursor.fetchall())

    assert sorted(declared - found) == []


def test_a_new_key_is_known_at_both_of_its_ends() -> None:
    state = ProjectState()
    with rendering_what_changes():
        for name in ("Baker", "Bread"):
            operation = CreateModel(name, [("id", models.AutoField(primary_key=True))])
            operation.state_forwards("shop", state)
            assert state.apps.get_model("shop", name)
        AddField("bread", "baker", models.ForeignKey("shop.Baker", models.CASCADE)).state_forwards("shop", state)

        assert [each.name for each in state.apps.get_model("shop", "baker")._meta.related_objects] == ["bread"]


def test_python_that_is_run_sees_what_changed_before_it() -> None:
    state, seen = ProjectState(), []
    with rendering_what_changes():
        for name in ("Baker", "Bread"):
            key = [("baker", models.ForeignKey("shop.Baker", models.CASCADE))] if name == "Bread" else []
            CreateModel(name, [("id", models.AutoField(primary_key=True)), *key]).state_forwards("shop", state)
            assert state.apps.get_model("shop", name)
        AddField("baker", "name", models.TextField(null=True)).state_forwards("shop", state)
        look = RunPython(lambda past, _: seen.append(past.get_model("shop", "bread")._meta.get_field("baker")))
        with connections["default"].schema_editor(collect_sql=True, atomic=False) as editor:
            look.database_forwards("shop", editor, state, state)

    assert [each.name for each in seen[0].related_model._meta.fields] == ["id", "name"]
