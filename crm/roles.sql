-- The three roles of the database (ADR 0001), and the database itself. Run by psql as superuser, as often as you like:
-- at every start of the embedded server, and by docker compose when it makes its volume.

-- Passwords come from the environment where there is one; a local socket needs none.
\getenv owner_password CRM_OWNER_PASSWORD
\getenv app_password CRM_APP_PASSWORD
\getenv ops_password CRM_OPS_PASSWORD

select format('create role %I login', name) from unnest(array['crm_owner', 'crm_app', 'crm_ops']) as name
where not exists (select from pg_roles where rolname = name) \gexec

-- Migrates, and makes test databases. It owns every table, and takes part in row-level security (FORCE).
alter role crm_owner login createdb nosuperuser nocreaterole noreplication nobypassrls;

-- What web and workers log in as: it sees the workspace in scope and nothing else.
alter role crm_app login nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
-- A transaction that has written holds back every workspace's subscribers until it ends. This is the backstop.
alter role crm_app set transaction_timeout = '60s';
-- Its queries are short and many at once. To start helpers for one (5 to 200 ms), or to compile it, costs more than it
-- gives; and pages that are not in memory lie on an SSD, where a random one costs what the next one does.
alter role crm_app set max_parallel_workers_per_gather = 0;
alter role crm_app set jit = off;
alter role crm_app set random_page_cost = 1.1;

-- Backups, and owner of the few functions that look across workspaces.
alter role crm_ops login bypassrls nosuperuser nocreatedb nocreaterole noreplication;
grant pg_read_all_data to crm_ops;
-- So that a migration can create those functions: by `set local role crm_ops`, never by merely being crm_owner.
grant crm_ops to crm_owner with inherit false, set true;

\if :{?owner_password}
alter role crm_owner password :'owner_password';
\endif
\if :{?app_password}
alter role crm_app password :'app_password';
\endif
\if :{?ops_password}
alter role crm_ops password :'ops_password';
\endif

-- Its owner owns schema public too (through pg_database_owner), here and in every test database.
select 'create database rapport owner crm_owner'
where not exists (select from pg_database where datname = 'rapport') \gexec

-- New databases are copies of template1, so what is granted there also holds for the tests'.
\connect template1
grant usage on schema public to crm_app;
grant usage, create on schema public to crm_ops;

\connect rapport
grant usage on schema public to crm_app;
grant usage, create on schema public to crm_ops;
