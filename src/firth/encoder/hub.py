"""From a hub id to a folder: what was fetched before, else the network, else a clear line."""

from __future__ import annotations

import re
from pathlib import Path

from firth.errors import ModelError, OptionError, first_line

# What an encoder needs; never a pickle, never code.
WANTED = (
    "config.json",
    "*.safetensors",
    "*.safetensors.index.json",
    "tokenizer*.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "*.model",
)
# Other formats of the same weights that repositories carry in folders of their own.
UNWANTED = ("onnx/*", "openvino/*", "coreml/*")

HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")


def is_hub_id(name: str) -> bool:
    """Say whether a name could be the id of a hub repository."""
    return HUB_ID.fullmatch(name) is not None and not name.startswith((".", "-"))


def cached_folder(name: str, revision: str | None = None) -> Path | None:
    """Return the folder of a repository that was fetched before, or None; asks no network."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = snapshot_download(name, revision=revision, local_files_only=True)
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        return None
    return Path(folder) if (Path(folder) / "config.json").is_file() else None


def fetch(name: str, revision: str | None = None) -> Path:
    """Fetch a repository and return its folder, which is named by the commit.

    Raises:
        ModelError: The hub cannot be reached, or has no such repository or revision.
    """
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if not is_hub_id(name):
        raise OptionError(f"{name!r} is not a hub id; one looks like owner/model")
    patterns: list[str] = [*WANTED]
    ignored: list[str] = [*UNWANTED]
    try:
        if constants.HF_HUB_OFFLINE:
            raise OfflineModeIsEnabled("offline mode is set")
        return Path(
            snapshot_download(
                name, revision=revision, allow_patterns=patterns, ignore_patterns=ignored
            )
        )
    except GatedRepoError as error:
        raise ModelError(
            f"{name} is gated: accept its terms on the hub and log in first"
        ) from error
    except RepositoryNotFoundError as error:
        raise ModelError(
            f"the hub has no model {name!r}; `firth models` lists what is here"
        ) from error
    except RevisionNotFoundError as error:
        raise ModelError(f"{name} has no revision {revision!r}") from error
    except (OfflineModeIsEnabled, LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise ModelError(
            f"{name!r} is not a folder, not in the local cache, and the hub cannot be reached "
            f"({first_line(error)[:80]}); on a machine with a network run `firth prefetch {name}` "
            "and copy its folder here, or use --model mini"
        ) from error


def cached_encoders() -> list[dict[str, str]]:
    """Return name and family of the encoders in the hub's local cache that firth could load."""
    import json

    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    from firth.encoder.families import FAMILIES

    found: list[dict[str, str]] = []
    try:
        repositories = scan_cache_dir().repos
    except (CacheNotFound, ValueError):
        return found
    for repository in sorted(repositories, key=lambda one: one.repo_id):
        folder = cached_folder(repository.repo_id) if repository.repo_type == "model" else None
        if folder is None or not list(folder.glob("*.safetensors")):
            continue
        family = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type")
        if family in FAMILIES:
            found.append({"name": repository.repo_id, "family": family})
    return found
