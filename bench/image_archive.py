#!/usr/bin/env python3
"""Writes an archive of images as `docker save` does: image_archive.py FILE MEGABYTES IMAGES, each of one random layer."""

import hashlib
import io
import json
import os
import sys
import tarfile


def add(archive, name, content):
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def layer(size):
    """A tar file of one file that does not compress."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        add(archive, "content", os.urandom(size))
    return whole.getvalue()


def main():
    path, megabytes, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    manifest = []
    with tarfile.open(path, "w") as archive:
        for number in range(1, count + 1):
            content = layer(megabytes * 1_000_000 // count - 12_000)
            digest = hashlib.sha256(content).hexdigest()
            configuration = json.dumps({
                "architecture": "amd64",
                "os": "linux",
                "config": {},
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
            }).encode()
            add(archive, f"{digest}.json", configuration)
            add(archive, f"{digest}.tar", content)
            manifest.append({
                "Config": f"{digest}.json",
                "RepoTags": [f"lab.local/bench-{number}:1"],
                "Layers": [f"{digest}.tar"],
            })
        add(archive, "manifest.json", json.dumps(manifest).encode())


main()
