"""The stops as JSON."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from firth.text.carried import apples
from firth.web import limits
from firth.web.app import create_app
from firth.web.server import names_of

APPLES = [one.sentence for one in apples()]


def ask(client, stop, question, language="en"):
    return client.post(f"/api/{stop}", json=question, headers={"Accept-Language": language})


def fault(response):
    (one,) = response.json()["errors"]
    return one["field"], one["code"]


def test_blanks_are_filled(client):
    found = ask(client, "cloze", {"text": "The [MASK] is a [MASK].", "top": 3}).json()
    assert [one["blank"] for one in found["blanks"]] == [1, 2]
    for blank in found["blanks"]:
        chances = [one["probability"] for one in blank["candidates"]]
        assert len(chances) == 3
        assert 1 > chances[0] >= chances[1] >= chances[2] > 0
    assert "[MASK]" not in found["filled"]
    assert found["joint_log_probability"] < 0


def test_candidates_of_one_language(client):
    found = ask(client, "cloze", {"text": "The [MASK] sleeps.", "only_language": "zh"}).json()
    tokens = "".join(one["token"] for one in found["blanks"][0]["candidates"])
    assert any("\u4e00" <= letter <= "\u9fff" for letter in tokens)
    assert not any(letter.isascii() and letter.isalpha() for letter in tokens)


def test_the_matrix_is_the_experiments_own(client, mini):
    from firth.experiments.senses import senses

    found = ask(client, "senses", {"sentences": APPLES, "word": "苹果"}).json()
    result = senses(mini)
    for kind in ("raw", "centred"):
        expected = result.arrays[f"similarity.{kind}"]
        assert abs(expected - found[kind]).max() < 1e-5
    assert found["language"] == "zh"
    assert [one["text"] for one in found["items"]] == APPLES
    assert all(one["text"][one["start"] : one["end"]] == "苹果" for one in found["items"])


def test_sentences_without_a_word(client):
    found = ask(client, "senses", {"sentences": ["a cat", "a dog", "  two trains "]}).json()
    assert len(found["raw"]) == found["layers"] + 1
    assert len(found["raw"][0]) == 3
    assert found["items"][2]["text"] == "two trains"
    assert abs(found["raw"][4][1][1] - 1) < 1e-6


def test_the_shift_is_the_experiments_own(client, mini):
    from firth.experiments.translate import translate

    question = {"text": "没有人可以帮助我", "source": "zh", "target": "en", "layer": 6, "alpha": 2}
    found = ask(client, "shift", question).json()
    result = translate(mini, ["没有人可以帮助我"], source="zh", target="en", layer=6, alpha=2)
    assert found["output"] == result.tables["texts"][0]["output"]
    (rate,) = result.rows("conversion_rate")
    assert (found["converted"], found["n"]) == (pytest.approx(rate.value), 3)
    still = ask(client, "shift", question | {"alpha": 0}).json()
    assert still["output"].endswith("人可以帮助我")
    assert still["converted"] == 0
    assert not mini.moved


def test_neighbours(client, lab):
    found = ask(client, "neighbours", {"word": "water", "top": 4}).json()
    assert len(found["neighbours"]) == 4
    assert found["vectors"] == "static:mini"
    assert found["words"] == len(lab.vectors)
    cosines = [one["cosine"] for one in found["neighbours"]]
    assert cosines == sorted(cosines, reverse=True)
    assert "Wasser" in [one["word"] for one in found["neighbours"]]


def client_of(lab):
    app = create_app(lab, names_of("127.0.0.1", 8765))
    return TestClient(app, base_url="http://127.0.0.1:8765")


def test_what_is_missing_is_one_line(lab):
    question = {"question": "Who?", "context": "I."}
    with client_of(replace(lab, reader=None)) as client:
        for language, word in (("en", "--reader FOLDER"), ("zh", "--reader 文件夹")):
            refused = ask(client, "reading", question, language)
            assert refused.status_code == 409
            (one,) = refused.json()["errors"]
            assert one["code"] == "missing"
            assert word in one["message"]
            assert "\n" not in one["message"]
            page = client.get(f"/{language}/reading").text
            assert word in page
            assert 'id="form"' not in page
    with client_of(replace(lab, head=None, vectors=None)) as client:
        for stop, question in (
            ("cloze", {"text": "[MASK]"}),
            ("shift", SHIFT),
            ("neighbours", {"word": "a"}),
        ):
            assert ask(client, stop, question).status_code == 409
            assert 'id="form"' not in client.get(f"/en/{stop}").text


def test_answers_are_pieces_of_the_text(lab, mini):
    import torch
    from transformers import BertForQuestionAnswering

    from firth.encoder.reader import Reader

    torch.manual_seed(0)
    config = copy.deepcopy(mini.model.config)
    config.num_hidden_layers = 1
    reader = Reader.of(mini, BertForQuestionAnswering(config))
    question = {"question": "哪里？", "context": "黄河发源于青藏高原。", "top": 2}
    with client_of(replace(lab, reader=reader)) as client:
        found = ask(client, "reading", question).json()
        assert len(found["answers"]) == 2
        for one in found["answers"]:
            assert question["context"][one["start"] : one["end"]] == one["text"] != ""
        assert found["text"] == found["answers"][0]["text"]
        assert 0 <= found["no_answer"] <= 1
        refused = ask(client, "reading", question | {"context": " "})
        assert fault(refused) == ("context", "empty")
        assert 'id="form"' in client.get("/zh/reading").text


SHIFT = {"text": "a b", "source": "en", "target": "zh", "layer": 3}


@pytest.mark.parametrize(
    ("stop", "question", "expected"),
    [
        ("cloze", {"text": ""}, ("text", "empty")),
        ("cloze", {}, ("text", "needed")),
        ("cloze", {"text": "no blank"}, ("text", "no_blank")),
        ("cloze", {"text": "[MASK]" * (limits.BLANKS + 1)}, ("text", "many_blanks")),
        ("cloze", {"text": "a" * (limits.CLOZE_TEXT + 1)}, ("text", "too_long")),
        ("cloze", {"text": "[MASK]", "top": 0}, ("top", "too_small")),
        ("cloze", {"text": "[MASK]", "top": 99}, ("top", "too_large")),
        ("cloze", {"text": "[MASK]", "top": None}, ("top", "no_number")),
        ("cloze", {"text": "[MASK]", "only_language": "xx"}, ("only_language", "not_legal")),
        ("cloze", {"text": "[MASK]", "file": "/etc/passwd"}, ("file", "unknown_field")),
        ("senses", {"sentences": ["one"]}, ("sentences", "too_few")),
        ("senses", {"sentences": ["a"] * 25}, ("sentences", "too_many")),
        ("senses", {"sentences": ["a", " "]}, ("sentences", "empty_line")),
        ("senses", {"sentences": ["a", "b" * 301]}, ("sentences", "long_line")),
        ("senses", {"sentences": ["a b", "c d"], "word": "a"}, ("word", "absent")),
        ("senses", {"sentences": ["a b", "c d"], "word": "/(a+)+$/"}, ("word", "pattern")),
        ("senses", {"sentences": ["a " * 20, "a " * 20], "word": "a"}, ("sentences", "many_occurrences")),
        ("neighbours", {"word": "qqqqqzz"}, ("word", "unknown_word")),
        ("align", {"run": "../../etc"}, ("run", "wrong")),
        ("align", {"run": "0" * 16}, ("run", "unknown_run")),
        ("pretrain", {"run": "0" * 16}, ("run", "unknown_run")),
    ],
)  # fmt: skip
def test_mistakes_are_told_at_their_field(client, stop, question, expected):
    messages = []
    for language in ("en", "zh"):
        refused = ask(client, stop, question, language)
        assert refused.status_code == 422
        assert fault(refused) == expected
        messages.append(refused.json()["errors"][0]["message"])
    assert messages[0] != messages[1]
    assert "{" not in "".join(messages)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"layer": 13}, ("layer", "too_large")),
        ({"layer": -1}, ("layer", "too_small")),
        ({"alpha": 1e9}, ("alpha", "too_large")),
        ({"target": "xx"}, ("target", "language")),
        ({"text": "  "}, ("text", "empty")),
        ({"text": "a" * 401}, ("text", "too_long")),
    ],
)
def test_mistakes_of_a_shift(client, change, expected):
    refused = ask(client, "shift", SHIFT | change)
    assert refused.status_code == 422
    assert fault(refused) == expected


def test_numbers_that_are_none_are_refused(client):
    for text in ("NaN", "Infinity", "-Infinity"):
        body = json.dumps(SHIFT).removesuffix("}") + f', "alpha": {text}}}'
        refused = client.post(
            "/api/shift", content=body, headers={"Content-Type": "application/json"}
        )
        assert refused.status_code == 422
        refused.json()


def test_what_is_no_json(client):
    refused = client.post("/api/cloze", content="{", headers={"Content-Type": "application/json"})
    assert refused.status_code == 422
    assert fault(refused) == (None, "no_json")


def test_lines_tell_the_way_to_the_answer(client):
    question = {"text": "a [MASK]"}
    plain = ask(client, "cloze", question).json()
    streamed = client.post("/api/cloze", json=question, headers={"Accept": "application/x-ndjson"})
    lines = [json.loads(line) for line in streamed.text.splitlines()]
    assert lines[-1] == {"state": "done", "answer": plain}
    assert all(one["state"] in ("waiting", "working") for one in lines[:-1])
    failed = client.post(
        "/api/cloze", json={"text": "a"}, headers={"Accept": "application/x-ndjson"}
    )
    last = json.loads(failed.text.splitlines()[-1])
    assert (last["state"], last["status"]) == ("failed", 422)
    assert last["errors"][0]["field"] == "text"


def test_the_description_is_whole(client):
    described = client.get("/api/openapi.json").json()
    stops = {"senses", "cloze", "neighbours", "reading", "align", "pretrain", "shift"}
    assert {f"/api/{stop}" for stop in stops} | {"/api/runs", "/api/runs/{run}"} == set(
        described["paths"]
    )
    own = ("Question", "Answer", "Item", "Blank", "Candidate", "Token", "Neighbour", "Passage",
           "Drawing", "RunLine", "Fault", "Faults")  # fmt: skip
    for name, schema in described["components"]["schemas"].items():
        if name.endswith(own):
            assert schema.get("description"), name
            for field, one in schema["properties"].items():
                assert one.get("description"), f"{name}.{field}"
    for path in ("/docs", "/redoc"):
        assert client.get(path).status_code == 404
