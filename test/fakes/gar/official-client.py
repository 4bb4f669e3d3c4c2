"""Drives an Artifact Registry (or what takes itself for one) with Google's own client, and prints what it was told as JSON.

Usage: official-client.py HOST:PORT TOKEN REPOSITORY PACKAGE TAG DIGEST CHILD
"""

import json
import sys

from google.api_core.exceptions import GoogleAPICallError
from google.cloud import artifactregistry_v1 as ar
from google.cloud.artifactregistry_v1.services.artifact_registry.transports.rest import ArtifactRegistryRestTransport
from google.oauth2.credentials import Credentials

host, token, repository, package, tag, digest, child = sys.argv[1:]
client = ar.ArtifactRegistryClient(transport=ArtifactRegistryRestTransport(host=host, url_scheme="http", credentials=Credentials(token)))
parent = f"{repository}/packages/{package}"


def refusal(work):
    try:
        work()
        return None
    except GoogleAPICallError as error:
        return f"{type(error).__name__}: {error.message}"


told = {
    "repository": client.get_repository(name=repository).mode.name,
    "repositories": [one.name for one in client.list_repositories(parent=repository.rsplit("/repositories/", 1)[0])],
    "images": [
        {"uri": one.uri, "tags": list(one.tags), "size": one.image_size_bytes, "uploaded": one.upload_time.isoformat(), "type": one.media_type}
        for one in client.list_docker_images(parent=repository)
    ],
    "packages": [one.name for one in client.list_packages(parent=repository)],
    "versions": [
        {"name": one.name, "tags": [related.name for related in one.related_tags]}
        for one in client.list_versions(request=ar.ListVersionsRequest(parent=parent, view=ar.VersionView.FULL))
    ],
    "tags": {one.name: one.version for one in client.list_tags(request=ar.ListTagsRequest(parent=parent))},
    "tag": client.get_tag(name=f"{parent}/tags/{tag}").version,
    "missing": refusal(lambda: client.get_version(name=f"{parent}/versions/sha256:{'0' * 64}")),
    "tagged": refusal(lambda: client.delete_version(name=f"{parent}/versions/{digest}").result(timeout=30)),
    "child": refusal(lambda: client.delete_version(name=f"{parent}/versions/{child}").result(timeout=30)),
}
client.delete_tag(name=f"{parent}/tags/{tag}")
operation = client.batch_delete_versions(
    request=ar.BatchDeleteVersionsRequest(parent=parent, names=[f"{parent}/versions/{digest}", f"{parent}/versions/sha256:{'0' * 64}"])
)
operation.result(timeout=30)
told["failedVersions"] = list(operation.metadata.failed_versions)
told["left"] = [one.name for one in client.list_versions(parent=parent)]
print(json.dumps(told))
