from django.db import migrations

_RENAME = """
update accounts_apikey set scopes = array_replace(scopes, '{old}', '{new}') where '{old}' = any(scopes)"""


class Migration(migrations.Migration):
    """What keys might do with flows until now has a scope of its own: no key may suddenly write them."""

    dependencies = [("accounts", "0006_approval_and_goals")]

    operations = [
        migrations.RunSQL(
            _RENAME.format(old="flows:write", new="flows:send"),  # our own words
            _RENAME.format(old="flows:send", new="flows:write"),
        )
    ]
