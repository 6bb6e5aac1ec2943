import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from crm.embedded import postgres
from crm.embedded.state import ROOT


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"])


def test_compose_has_every_process(services: dict[str, Any]) -> None:
    assert set(services) == {"web", "worker", "beat", "migrate", "postgres", "valkey"}
    assert services["postgres"]["image"] == "postgres:18"
    assert services["valkey"]["image"] == "valkey/valkey:9"
    ours = [services[name] for name in ("web", "worker", "beat", "migrate")]
    assert {service["image"] for service in ours} == {"rapport"}


def test_names_sort_as_on_the_embedded_server(services: dict[str, Any]) -> None:
    assert services["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split() == postgres.INITDB_LOCALE


def test_the_roles_are_made_by_the_same_file(services: dict[str, Any]) -> None:
    mounted = [volume.split(":")[0] for volume in services["postgres"]["volumes"]]

    assert "./crm/roles.sql" in mounted
    wanted = set(re.findall(r"\\getenv \w+ (\w+)", (ROOT / "crm" / "roles.sql").read_text()))
    assert wanted
    assert wanted <= set(services["postgres"]["environment"])


def test_only_migrations_know_the_owner(services: dict[str, Any]) -> None:
    knowing = {name for name, service in services.items() if "DATABASE_OWNER_URL" in service.get("environment", {})}

    assert knowing == {"migrate"}
    for name in ("web", "worker", "beat"):
        assert services[name]["environment"]["DATABASE_URL"].startswith("postgres://crm_app:")
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_jobs_are_never_evicted(services: dict[str, Any]) -> None:
    command = " ".join(services["valkey"]["command"])

    assert "--maxmemory-policy noeviction" in command
    assert "--appendonly yes" in command


def test_production_settings_get_all_they_ask_for(services: dict[str, Any]) -> None:
    settings = "".join((ROOT / "crm" / "settings" / name).read_text() for name in ("base.py", "production.py"))
    required = set(re.findall(r'env\.(?:str|list)\("(\w+)"\)', settings)) | {"DATABASE_URL", "REDIS_URL"}

    for name in ("web", "worker", "beat", "migrate"):
        assert required <= set(services[name]["environment"])


def test_image_can_collect_static_files(bare_environment: dict[str, str], tmp_path: Path) -> None:
    """The build's own line, with this Python for the image's."""
    [line] = re.findall(
        r"^RUN (SECRET_KEY=(?:.|\\\n)*?collectstatic.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE
    )
    line = line.replace("python manage.py", f"{sys.executable} manage.py") + " --dry-run"
    image = {"DJANGO_SETTINGS_MODULE": "crm.settings.production", "STATIC_ROOT": str(tmp_path)}

    subprocess.run(["sh", "-c", line], env=bare_environment | image, cwd=ROOT, check=True, capture_output=True)


def test_image_runs_as_an_ordinary_user_from_hashed_locks() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()

    assert re.search(r"^USER (?!root)", dockerfile, re.MULTILINE)
    assert dockerfile.count("--require-hashes") == dockerfile.count("pip install")
    assert "crm.wsgi:application" in dockerfile
