"""What is kept of botocore's descriptions."""

from __future__ import annotations

from typing import Any

from dbbackup.storages.s3_descriptions import prepared_session


def test_session_when_prepared_keeps_what_requests_need_and_no_texts_or_other_services() -> None:
    loader = prepared_session().get_component("data_loader")
    model = loader.load_service_model("s3", "service-2")
    assert {"PutObject", "UploadPart", "CompleteMultipartUpload", "ListObjectsV2"} <= model["operations"].keys()
    assert set(texts(model)) == {""}
    partitions = loader.load_data("endpoints")["partitions"]
    assert {name for partition in partitions for name in partition["services"]} == {"s3"}
    assert prepared_session().get_component("data_loader") is loader


def texts(found: Any) -> list[str]:
    """Return all texts for people."""
    if isinstance(found, list):
        return [text for item in found for text in texts(item)]
    if not isinstance(found, dict):
        return []
    own = [found["documentation"]] if isinstance(found.get("documentation"), str) else []
    return own + [text for value in found.values() for text in texts(value)]
