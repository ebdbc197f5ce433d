"""A name becomes an encoder: ``mini``, a folder, or a hub id.

Weights are read from safetensors only, no code of a repository is ever run, and what is missing
or broken is said in one line that names the way out.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from firth.encoder.families import check_family, longest_input
from firth.encoder.hub import cached_folder, fetch, is_hub_id
from firth.encoder.model import Encoder
from firth.encoder.static import PREFIXES, load_static
from firth.errors import ModelError, OptionError, did_you_mean, first_line
from firth.results.schema import ModelCard

MINI_FOLDER = Path(__file__).parent / "mini"
BUILT_IN = ("mini",)

DTYPES = ("auto", "bf16", "fp32")


def load(
    name: str = "mini",
    *,
    revision: str | None = None,
    device: str = "auto",
    dtype: str = "auto",
) -> Encoder:
    """Load an encoder.

    Args:
        name: ``mini`` (the encoder aboard), a folder with Hugging Face files, or a hub id. A hub
            id is answered from the local cache when it was fetched before.
        revision: Commit, tag or branch of a hub id; the commit stands in every result.
        device: ``auto`` (a GPU when there is one), ``cpu``, ``cuda`` ...
        dtype: ``auto`` (bf16 where the hardware has it), ``bf16`` or ``fp32``.

    Raises:
        ModelError: There is no such encoder, it is of another kind, or it cannot be read.
        OptionError: An option is not legal.
    """
    if dtype not in DTYPES:
        raise OptionError(
            f"dtype {dtype!r}: legal are {', '.join(DTYPES)}.{did_you_mean(dtype, DTYPES)}"
        )
    if name.startswith(PREFIXES):
        return load_static(name)
    if name == "mini":
        folder, found = MINI_FOLDER, _edition()
    else:
        folder, found = _locate(name, revision)
    return _from_folder(name, folder, found, device, dtype)


def _edition() -> str:
    from safetensors import safe_open

    with safe_open(MINI_FOLDER / "model.safetensors", framework="pt") as file:
        return f"edition {file.metadata()['edition']}"


def _locate(name: str, revision: str | None) -> tuple[Path, str]:
    """Return the folder of a name and its revision."""
    path = Path(name).expanduser()
    if path.is_dir():
        return path, "local"
    if path.is_file():
        raise ModelError(f"{name} is a file; give the folder that holds config.json")
    near = did_you_mean(name, BUILT_IN)
    if not is_hub_id(name):
        raise ModelError(f"there is no folder {name}, and it is no hub id.{near}")
    folder = cached_folder(name, revision)
    if folder is None:
        try:
            folder = fetch(name, revision)
        except ModelError as error:
            raise ModelError(f"{error}.{near}" if near else str(error)) from error
    return folder, folder.name


def _from_folder(name: str, folder: Path, revision: str, device: str, dtype: str) -> Encoder:
    config = _read_config(name, folder)
    family = check_family(name, config)
    weights = _weight_files(name, folder)
    tokenizer = _load_tokenizer(name, folder)
    place = torch_device(device)
    model = _load_model(name, folder, weights)
    vocabulary = model.get_input_embeddings().weight.shape[0]
    if len(tokenizer) > vocabulary:
        raise ModelError(
            f"{name}: its tokenizer has {len(tokenizer)} tokens but the model only {vocabulary} "
            "embeddings; they do not belong together"
        )
    card = ModelCard(
        name=name if name in BUILT_IN or is_hub_id(name) else folder.resolve().name,
        revision=revision,
        fingerprint=fingerprint(folder, weights),
        parameters=sum(weight.numel() for weight in model.parameters()),
        family=family,
        layers=model.config.num_hidden_layers,
        width=model.config.hidden_size,
        source=name if name in BUILT_IN or not Path(name).expanduser().is_dir() else str(folder),
    )
    return Encoder(
        card=card,
        tokenizer=tokenizer,
        model=model.to(place),
        max_tokens=longest_input(family, model.config, tokenizer),
        dtype=_dtype(dtype, place.type),
        device=place,
        folder=folder,
    )


def _read_config(name: str, folder: Path) -> dict[str, Any]:
    file = folder / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(
            f"{name} is no model folder: config.json is missing; it also needs "
            "model.safetensors and tokenizer.json"
        ) from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{name}: config.json cannot be read: {first_line(error)}") from error
    if not isinstance(config, dict):
        raise ModelError(f"{name}: config.json is not an object")
    return config


def _weight_files(name: str, folder: Path) -> list[Path]:
    files = sorted(folder.glob("*.safetensors"))
    if files:
        return files
    if list(folder.glob("*.bin")) or list(folder.glob("*.pt")) or list(folder.glob("*.ckpt")):
        raise ModelError(
            f"{name} has pickled weights only, which firth never opens; make model.safetensors "
            "of them where you trust them (transformers: from_pretrained, then save_pretrained)"
        )
    raise ModelError(f"{name} has no weights: model.safetensors is missing")


def _load_tokenizer(name: str, folder: Path) -> Any:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(
            str(folder), use_fast=True, trust_remote_code=False, local_files_only=True
        )
    except Exception as error:
        # The library raises anything here, from KeyError to its own: all mean the same to a user.
        raise ModelError(
            f"{name}: no fast tokenizer can be loaded ({first_line(error)[:120]}); "
            "it needs a tokenizer.json"
        ) from error
    if not tokenizer.is_fast:
        raise ModelError(
            f"{name} has no fast tokenizer, which character offsets need: it needs a tokenizer.json"
        )
    if tokenizer.backend_tokenizer.get_vocab_size() <= len(tokenizer.all_special_tokens):
        raise ModelError(f"{name}: its tokenizer is empty; tokenizer.json is missing or broken")
    return tokenizer


def _load_model(name: str, folder: Path, weights: list[Path]) -> Any:
    """Return the backbone in fp32, in evaluation mode; every weight must be there."""
    import torch
    from transformers import AutoConfig, AutoModel
    from transformers.utils import logging

    from firth.encoder.quantised import is_int8_rows, read_int8_rows

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    options: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
    try:
        config = AutoConfig.from_pretrained(str(folder), **options)
        if is_int8_rows(weights[0]):
            with torch.device("meta"):
                model = AutoModel.from_config(config, add_pooling_layer=False)
            # A file with a head names the backbone as a part (bert.encoder...); the head is not
            # asked for here.
            prefix = f"{model.base_model_prefix}."
            stored = read_int8_rows(weights[0])
            state = {key.removeprefix(prefix): weight for key, weight in stored.items()}
            missing = set(model.load_state_dict(state, strict=False, assign=True).missing_keys)
            _fill_buffers(model, config)
        else:
            model, report = AutoModel.from_pretrained(
                str(folder),
                config=config,
                dtype=torch.float32,
                use_safetensors=True,
                output_loading_info=True,
                **options,
            )
            missing = set(report["missing_keys"])
            mismatched = report.get("mismatched_keys")
            if mismatched:
                raise ModelError(f"{name}: shapes in the weights do not fit config.json")
    except ModelError:
        raise
    except Exception as error:
        # A truncated file, a wrong shape, a key that is not there: the library has many classes.
        raise ModelError(
            f"{name}: its weights cannot be loaded: {first_line(error)[:160]}"
        ) from error
    finally:
        logging.set_verbosity(level)
        logging.enable_progress_bar()
    lost = sorted(key for key in missing if "pooler" not in key and "position_ids" not in key)
    if lost:
        raise ModelError(
            f"{name}: {len(lost)} weights are missing, {lost[0]} among them: no encoder would "
            "come out of it"
        )
    return model.eval()


def _fill_buffers(model: Any, config: Any) -> None:
    """Give a model that was made without memory the buffers that no file holds."""
    import torch

    positions = torch.arange(config.max_position_embeddings).expand((1, -1))
    for module in model.modules():
        for key, buffer in list(module.named_buffers(recurse=False)):
            if buffer.is_meta:
                fresh = positions if key == "position_ids" else torch.zeros_like(positions)
                module.register_buffer(key, fresh, persistent=False)


def fingerprint(folder: Path, weights: list[Path]) -> str:
    """Return the sha256 over configuration, tokenizer and weights, as they lie on the disk."""
    digest = hashlib.sha256()
    tokenizer = [
        folder / name for name in ("tokenizer.json", "vocab.txt", "sentencepiece.bpe.model")
    ]
    for file in [folder / "config.json", *tokenizer, *weights]:
        if file.is_file():
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def torch_device(device: str) -> Any:
    """Return the device of a name, ``auto`` a GPU when there is one.

    Raises:
        OptionError: It cannot be used here.
    """
    import torch

    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.zeros(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        raise OptionError(
            f"device {device!r} cannot be used here ({first_line(error)[:80]}); try auto or cpu"
        ) from error
    return chosen


def _dtype(dtype: str, device: str) -> Any:
    import torch

    if dtype == "auto":
        fast = torch.cuda.is_bf16_supported() if device == "cuda" else has_bf16()
        return torch.bfloat16 if fast else torch.float32
    return torch.bfloat16 if dtype == "bf16" else torch.float32


def has_bf16() -> bool:
    """Say whether the processor multiplies bf16 in hardware."""
    try:
        flags = Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return os.uname().machine == "arm64"  # Apple's processors since the M2; M1 falls back.
    return any(flag in flags for flag in ("avx512_bf16", "amx_bf16", "bf16"))
