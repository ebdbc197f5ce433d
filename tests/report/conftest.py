"""A result of ``senses`` made by hand: no encoder has to run to draw."""

from __future__ import annotations

import numpy as np
import pytest

from firth.results.schema import DataCard, ModelCard, Result, Score

SENTENCES = [
    ("我今天吃了一个苹果，又甜又脆。", "fruit"),
    ("苹果树开花了，果园里都是蜜蜂。", "fruit"),
    ("她把苹果切成小块放进沙拉里，大家都说好吃极了。", "fruit"),
    ("苹果公司发布了新手机 & 电脑 <b>今天</b>。", "company"),
    ("</script><script>alert(1)</script>苹果的股票涨了。", "company"),
    ("他在苹果商店排队，яблоко りんご 사과 é.", "company"),
]


def make(words=("苹果",), labelled=True, arrays=True, layers=(0, 1, 2, 3), many=1):
    rng = np.random.default_rng(0)
    scores, items, stacks, n_layers = [], [], {}, len(layers)
    sentences = SENTENCES * many
    codes = np.array([label == "fruit" for _, label in sentences])
    for word in words:
        for index, (sentence, label) in enumerate(sentences):
            start = sentence.index("苹果")
            row = {"index": index, "word": word, "sentence": sentence, "start": start}
            items.append(row | {"end": start + 2} | ({"label": label} if labelled else {}))
        for kind, base in (("raw", 0.7), ("centred", 0.1)):
            same = codes[:, None] == codes[None]
            noise = rng.normal(0, 0.05, (n_layers, len(codes), len(codes)))
            stack = base + 0.2 * same * np.linspace(0, 1, n_layers)[:, None, None]
            stack = stack + (noise + noise.transpose(0, 2, 1)) / 2
            stack[:, np.arange(len(codes)), np.arange(len(codes))] = 1
            stacks[f"similarity.{kind}/{word}"] = stack.astype(np.float32)
            for layer in layers if labelled else ():
                value = 0.55 + 0.1 * min(layer, 3) + (0.02 if kind == "centred" else 0)
                common = {"layer": layer, "similarity": kind, "word": word, "p": 0.0004}
                scores.append(
                    Score(metric="auc", value=value, n=15, unit="sentence pair",
                          low=value - 0.1, high=min(1, value + 0.1), **common)
                )  # fmt: skip
        points = rng.normal(0, 1, (n_layers, len(codes), 2)) + codes[None, :, None]
        stacks[f"map.centred/{word}"] = points.astype(np.float32)
        if labelled:
            pair = {"metric": "auc", "n": 15, "unit": "sentence pair", "word": word}
            scores.append(
                Score(value=0.57, layer=0, similarity="centred", control="layer_0", **pair)
            )
            scores.append(Score(value=0.5, similarity="raw", control="static", **pair))
    if len(words) == 1:
        stacks = {name.partition("/")[0]: stack for name, stack in stacks.items()}
    return Result(
        experiment="senses",
        version="0.1.0",
        config={"word": words[0] if len(words) == 1 else list(words), "layers": list(layers)},
        model=ModelCard(name="mini", revision="1", fingerprint="f" * 64, parameters=1234,
                        family="bert", layers=3, width=8, source="mini"),
        data=[DataCard(name="sentences", sha256="a" * 64, n=len(sentences))],
        seed=7,
        scores=scores,
        tables={"items": items},
        warnings=["苹果: a <warning> & more"],
        environment={"versions": {"firth": "0.1.0", "numpy": "2"}, "cpu": "x", "threads": 4,
                     "dtype": "float32"},
        started="2026-01-01T00:00:00+00:00",
        seconds=1.25,
    ).with_arrays(stacks if arrays else {})  # fmt: skip


@pytest.fixture
def result() -> Result:
    return make()
