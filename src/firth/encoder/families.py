"""Which families firth takes, and what it says to the others."""

from __future__ import annotations

from typing import Any

from firth.errors import ModelError, did_you_mean

# model_type of the configuration -> the name that people use.
FAMILIES = {
    "bert": "BERT",
    "roberta": "RoBERTa",
    "xlm-roberta": "XLM-R",
    "camembert": "CamemBERT",
    "distilbert": "DistilBERT",
    "albert": "ALBERT",
    "electra": "ELECTRA",
    "mpnet": "MPNet",
    "deberta": "DeBERTa",
    "deberta-v2": "DeBERTa v2 and v3",
    "modernbert": "ModernBERT",
}

# Families whose first real position stands behind the padding index.
_OFFSET_POSITIONS = frozenset({"roberta", "xlm-roberta", "camembert", "mpnet"})


def check_family(name: str, config: dict[str, Any]) -> str:
    """Return the family of a configuration.

    Args:
        name: What the user asked for, for the message.
        config: The content of ``config.json``.

    Raises:
        ModelError: It is no encoder of a family that firth takes.
    """
    family = config.get("model_type")
    legal = ", ".join(FAMILIES.values())
    if not isinstance(family, str):
        raise ModelError(f"{name}: its config.json has no model_type; legal are {legal}")
    architectures = [str(item) for item in config.get("architectures") or []]
    if config.get("is_encoder_decoder"):
        raise ModelError(f"{name} is an encoder-decoder ({family}); firth takes encoders: {legal}")
    causal = any("CausalLM" in item or "LMHeadModel" in item for item in architectures)
    if family in FAMILIES and not config.get("is_decoder") and not causal:
        return family
    if config.get("is_decoder") or causal or family in _decoders():
        raise ModelError(f"{name} is a decoder ({family}); firth takes encoders: {legal}")
    raise ModelError(
        f"{name} is of the family {family!r}; firth takes {legal}.{did_you_mean(family, FAMILIES)}"
    )


def _decoders() -> set[str]:
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    return set(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)


def longest_input(family: str, config: Any, tokenizer: Any) -> int:
    """Return how many tokens the encoder takes, special tokens included.

    Positions are what limits; where a model has relative positions only, its tokenizer says.
    """
    positions = int(config.max_position_embeddings)
    if family in _OFFSET_POSITIONS:
        positions -= (config.pad_token_id if config.pad_token_id is not None else 1) + 1
    said = getattr(tokenizer, "model_max_length", None)
    return min(positions, int(said)) if said is not None and said > 0 else positions
