"""Looking into a bucket folder by folder."""

from __future__ import annotations

from dbbackup.storages.base import WriteOptions
from dbbackup.storages.s3 import S3Storage
from dbbackup.storages.s3_browse import browse
from tests.contract.storage_fixtures import QUICK, s3_settings
from tests.contract.storage_suite import chunks


async def test_browse_shows_one_folder_page_by_page() -> None:
    storage = S3Storage(s3_settings(), patience=QUICK)
    for key in ("shop/2026/a", "shop/2026/b", "shop/x", "shop/y"):
        await storage.write(key, chunks(3), WriteOptions())
    top = await browse(storage, "", after=None, limit=10)
    assert (top.folders, top.objects, top.next) == (["shop/"], [], None)
    pages = [await browse(storage, "shop/", after=None, limit=2)]
    while pages[-1].next:
        pages.append(await browse(storage, "shop/", after=pages[-1].next, limit=2))
    assert len(pages) > 1
    assert [folder for page in pages for folder in page.folders] == ["shop/2026/"]
    assert [found.key for page in pages for found in page.objects] == ["shop/x", "shop/y"]
    await storage.close()
