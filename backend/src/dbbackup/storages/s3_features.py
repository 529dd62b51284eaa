"""What a bucket can do beyond keeping objects: versions, object lock, tags; asked when a config is tested."""

from __future__ import annotations

from dbbackup.core.errors import AppError, S3Error
from dbbackup.storages.s3_client import S3Client


async def version_feature(client: S3Client) -> str:
    """Tell whether the bucket keeps versions. A service that does not say is no obstacle."""
    bucket = client.settings.bucket
    try:
        answer = await client.call("asking for versions", lambda api: api.get_bucket_versioning(Bucket=bucket))
    except AppError as error:
        return f"Not known: {error.message}"
    if answer.get("Status") != "Enabled":
        return "The bucket keeps no versions: what is deleted is gone."
    if client.settings.delete_versions:
        return "The bucket keeps versions; deleting a backup removes all of them."
    return "The bucket keeps versions; a deleted backup stays behind a mark until a life-cycle rule removes it."


async def lock_feature(client: S3Client) -> str:
    """Tell whether the bucket has object lock. Raises S3Error when the config wants it and the bucket has none."""
    bucket, wanted = client.settings.bucket, client.settings.lock_mode
    try:
        answer = await client.call(
            "asking for object lock", lambda api: api.get_object_lock_configuration(Bucket=bucket)
        )
    except AppError as error:
        if not wanted:
            return "The bucket has no object lock, or does not tell."
        raise S3Error(
            f"The config locks objects, and the bucket does not confirm that it can: {error.message} Use a bucket made "
            "with object lock, allow s3:GetBucketObjectLockConfiguration, or switch the lock off."
        ) from error
    retention = answer["ObjectLockConfiguration"].get("Rule", {}).get("DefaultRetention")
    told = "The bucket has object lock."
    if retention:
        period = f"{retention['Days']} days" if "Days" in retention else f"{retention['Years']} years"
        told += f" It locks every object for {period} ({retention['Mode'].lower()})."
    return told


async def tag_feature(client: S3Client, key: str) -> str:
    """Tell whether the tags of the probe under the whole key arrived. Raises S3Error when they are lost."""
    if not client.settings.tag_objects:
        return "Objects get no tags: they are switched off for this config."
    bucket = client.settings.bucket
    try:
        answer = await client.call("reading tags", lambda api: api.get_object_tagging(Bucket=bucket, Key=key))
    except AppError as error:
        # Storing them worked, which is all a backup needs.
        return f"Objects were stored with tags, which could not be read back: {error.message}"
    if not answer.get("TagSet"):
        raise S3Error("The service lost the tags of an object: switch tags off for this config.")
    return "Objects get tags: database, type, time and schedule."
