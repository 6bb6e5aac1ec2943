"""Too much is refused by its announced length: unread, unkept, and in words that say how much may be sent."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from accounts.models import Workspace
from customers.models import Import
from tests.client import Browser

LINES = b"id,Name\r\n" + b"1,Lina\r\n" * 40_000


class Unread(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise AssertionError("the body was read")


class OnFullDisk(TemporaryFileUploadHandler):
    disk: ClassVar[io.FileIO]

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.file.file = self.disk


class FillingUp(FileSystemStorage):
    """The disk is full when half of the file is written."""

    def _save(self, name: str, content: Any) -> str:
        Path(self.path(name)).parent.mkdir(parents=True, exist_ok=True)
        Path(self.path(name)).write_bytes(content.read(1000))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def upload(browser: Browser) -> Any:
    return browser.post("/imports/new/", {"kind": "customers", "file": SimpleUploadedFile("people.csv", LINES)})


def announce(browser: Any, path: str, length: int, content_type: str) -> Any:
    """Post so many bytes, which nobody may read."""
    request = {"wsgi.input": Unread(), "CONTENT_LENGTH": str(length)}
    return browser.generic("POST", path, content_type=content_type, **request)


def test_a_file_beyond_the_limit_is_refused(owner_browser: Browser, settings: Any) -> None:
    settings.IMPORT_MOST_BYTES = 200_000

    answer = upload(owner_browser)

    assert answer.status_code == 413
    assert "may have up to 195.3\xa0KB. Nothing of yours was kept. Split it" in answer.content.decode()
    assert not Import.objects.exists()


def test_a_file_just_beyond_the_limit_is_refused_by_its_form(owner_browser: Browser, settings: Any) -> None:
    settings.IMPORT_MOST_BYTES = len(LINES) - 1

    answer = upload(owner_browser)

    assert answer.status_code == 422
    assert "The file is larger than 312.5\xa0KB. Split it" in answer.content.decode()
    assert not Import.objects.exists()


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("path", ["/customers/new/", "/imports/"])
def test_other_pages_take_little(owner_browser: Browser, settings: Any, path: str, content_type: str) -> None:
    answer = announce(owner_browser, path, settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1, content_type)

    assert answer.status_code == 413
    assert "A form may send up to 2.4\xa0MB. Nothing was saved." in answer.content.decode()


def test_fields_that_are_too_large_together_are_told_so(owner_browser: Browser, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    answer = owner_browser.post("/imports/new/", {"kind": "x" * 2000, "file": SimpleUploadedFile("a.csv", b"a\n1\n")})

    assert answer.status_code == 413


def test_strangers_can_send_nothing_large(browser: Browser, workspace: Workspace) -> None:
    answer = announce(browser, f"/w/{workspace.slug}/imports/new/", 1 << 30, "multipart/form-data; boundary=x")

    assert answer.status_code == 401


def test_a_full_disk_is_told_while_the_file_comes_in(owner_browser: Browser, settings: Any, tmp_path: Path) -> None:
    settings.FILE_UPLOAD_HANDLERS = [f"{__name__}.OnFullDisk"]
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    owner_browser.raise_request_exception = False

    with Path("/dev/full").open("wb", buffering=0) as OnFullDisk.disk:
        answer = upload(owner_browser)

    assert answer.status_code == 507
    assert "Its disk is full, so nothing of what you sent was kept." in answer.content.decode()
    assert not Import.objects.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_when_the_file_is_put_away(owner_browser: Browser, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.FillingUp"}}
    owner_browser.raise_request_exception = False

    answer = upload(owner_browser)

    assert answer.status_code == 507
    assert not Import.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
