"""``firth reading``: from files to a reader, to its answers, to the table of arms; and mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.numpy import load_file
from transformers import PreTrainedTokenizerFast
from typer.testing import CliRunner

from firth.cli.main import app
from firth.errors import FirthError
from firth.experiments.rerun_reading import rerun_reading
from firth.results.schema import Result
from firth.text.carried import plain
from firth.train.tokenizer import train_tokenizer

RUNNER = CliRunner()
NAMES = {
    "en": (["Anna", "Boris", "Clara", "Daniel", "Emma", "Frank"], ["bread", "a lamp", "the boat"]),
    "zh": (["小安", "小波", "小兰", "小丹", "小美", "小方"], ["面包", "一盏灯", "那条船"]),
}
SAYS = {"en": "In the year {y} {n} made {t} at home .", "zh": "在{y}年{n}在家里做了{t}。"}
ASKS = {"en": "Who made {t} ?", "zh": "谁做了{t}？"}
TRAINING = [
    "--length", "40", "--stride", "8", "--batch", "8", "--rate", "0.003", "--dropout", "0",
    "--dtype", "fp32", "--device", "cpu",
]  # fmt: skip


def questions(language: str, articles: int, first: int = 0) -> dict[str, Any]:
    """Articles of one paragraph and two questions each."""
    names, things = NAMES[language]
    data: list[dict[str, Any]] = []
    for at in range(first, first + articles):
        one, other = names[at % len(names)], names[(at + 1) % len(names)]
        this, that = things[at % len(things)], things[(at + 1) % len(things)]
        said = [(one, this), (other, that)]
        parts = [SAYS[language].format(y=1900 + at, n=n, t=t) for n, t in said]
        context = " ".join(parts)
        asked = [
            {
                "id": f"{at}-{place}",
                "question": ASKS[language].format(t=t),
                "answers": [{"text": n, "answer_start": context.index(n)}],
            }
            for place, (n, t) in enumerate(said)
        ]
        data.append(
            {"title": f"{language} {at}", "paragraphs": [{"context": context, "qas": asked}]}
        )
    return {"version": "1.1", "data": data}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny encoder and files of questions."""
    folder = tmp_path_factory.mktemp("reading")
    lines = {"en": plain("en")[:60] + [SAYS["en"]] * 9, "zh": plain("zh")[:60] + [SAYS["zh"]] * 9}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=train_tokenizer(lines, size=900),
        pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", model_max_length=48,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )  # fmt: skip
    config = transformers.BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=48, pad_token_id=0,
    )  # fmt: skip
    torch.manual_seed(1)
    transformers.BertModel(config).save_pretrained(folder / "encoder")
    tokenizer.save_pretrained(folder / "encoder")
    for name, content in {
        "en": questions("en", 24), "zh": questions("zh", 12), "test": questions("zh", 6, 40),
        "test.en": questions("en", 4, 60),
    }.items():  # fmt: skip
        (folder / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    return folder


def invoke(*arguments: object) -> Any:
    return RUNNER.invoke(app, [str(one) for one in arguments])


def train(place: Path, output: Path, *more: object) -> Any:
    return invoke(
        "reading", "train", f"--train=en={place}/en.json", "--output", output, "--model",
        place / "encoder", *TRAINING, *more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def reader(place: Path) -> Path:
    output = place / "reader"
    done = train(place, output, "--steps", "60", "--held-out", "0.1", "--json")
    assert done.exit_code == 0, done.output
    about = json.loads(done.stdout)
    assert about["training"]["en"]["questions"] == 44
    assert about["held_out"]["en"]["articles"] == 2
    assert about["steps"] == 60
    return output


def result_of(*arguments: object) -> Result:
    done = invoke(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return Result.model_validate_json(done.stdout)


def test_a_reader_is_a_folder_with_a_card(reader: Path, place: Path) -> None:
    from transformers import AutoModelForQuestionAnswering

    card = (reader / "README.md").read_text("utf-8")
    assert "trained on en questions" in card
    assert "| en | en.json | 22 | 22 | 44 | 0 |" in card
    assert not (place / "reader.training").exists()
    AutoModelForQuestionAnswering.from_pretrained(reader)
    rows = [json.loads(line) for line in (reader / "log.jsonl").read_text().splitlines()]
    losses = [row["loss"] for row in rows if row["kind"] == "train"]
    assert losses[-1] < losses[0] - 0.5
    # It stands already: nothing is trained, and the weights are untouched.
    before = (reader / "model.safetensors").stat().st_mtime_ns
    again = train(place, reader, "--steps", "60", "--held-out", "0.1")
    assert again.exit_code == 0
    assert (reader / "model.safetensors").stat().st_mtime_ns == before
    other = train(place, reader, "--steps", "61", "--held-out", "0.1")
    assert "other settings" in str(other.exception)


def test_evaluate_and_run_again(reader: Path, place: Path, tmp_path: Path) -> None:
    arguments = (
        "reading", "evaluate", "--reader", reader, f"--test=zh={place}/test.json",
        f"--test=en={place}/test.en.json", "--out", tmp_path, "--dtype", "fp32",
    )  # fmt: skip
    result = result_of(*arguments)
    assert {(row.split, row.scorer) for row in result.rows("f1")} == {
        *(("test", one) for one in ("cmrc", "drcd", "mlqa", "xquad")),
        *(("test.en", one) for one in ("squad", "mlqa", "xquad")),
    }
    assert all(row.n in (8, 12) and row.low is not None for row in result.rows("f1"))
    answers = result.tables["answers"]
    assert len(answers) == 20
    contexts = {
        row["id"]: one["paragraphs"][0]["context"]
        for name in ("test", "test.en")
        for one in json.loads((place / f"{name}.json").read_text("utf-8"))["data"]
        for row in one["paragraphs"][0]["qas"]
    }
    for row in answers:
        assert contexts[row["id"]][row["start"] : row["end"]] == row["answer"]
    groups = {(row["test"], row["by"], row["group"]) for row in result.tables["groups"]}
    assert ("test", "question type", "who") in groups
    shown = invoke(*arguments)
    assert shown.exit_code == 0
    assert "answer length" in shown.output
    again = rerun_reading(result, device="cpu")
    assert again.scores == result.scores


def test_one_command_from_files_to_the_table_of_arms(place: Path, tmp_path: Path) -> None:
    arguments = (
        "reading", "arms", f"--train=en={place}/en.json", f"--train=zh={place}/zh.json",
        f"--test=zh={place}/zh.json", f"--test=en={place}/test.en.json", "--model",
        place / "encoder", "--out", tmp_path, *TRAINING, "--steps", "4", "--seeds", "2",
    )  # fmt: skip
    result = result_of(*arguments)
    assert any("was split: 6 articles" in one for one in result.warnings)
    arms = {(row["arm"], row["seed"]): row for row in result.tables["arms"]}
    assert len(arms) == 10
    assert {int(str(row["questions"])) for row in result.tables["arms"]} == {0, 12}
    assert arms["both", 0]["learnt_from"] == ["en 6", "zh 6"]
    chinese = result.rows("f1", split="zh", seed=None, scorer="cmrc")
    assert [row.arm for row in chinese] == [
        "zero-shot", "in-language", "both", "random", "untrained",
    ]  # fmt: skip
    english = result.rows("f1", split="test.en", seed=None, scorer="squad")
    assert [row.arm for row in english] == ["zero-shot", "untrained"]
    by_seed = result.rows("f1", split="zh", scorer="cmrc", arm="zero-shot")
    assert [row.seed for row in by_seed] == [None, 0, 1]
    assert by_seed[0].value == pytest.approx((by_seed[1].value + by_seed[2].value) / 2)
    gaps = [row for row in result.tables["contrasts"] if row["contrast"] == "gap"]
    assert [row["metric"] for row in gaps] == ["exact_match", "f1"]
    own = {row.arm: row.value for row in chinese}
    assert gaps[1]["difference"] == pytest.approx(own["in-language"] - own["zero-shot"])
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("model.safetensors")}
    assert len(before) == 8
    # One more seed trains its arms alone; what is finished is not redone.
    result_of(*arguments[:-1], "3")
    assert all(path.stat().st_mtime_ns == moment for path, moment in before.items())
    assert len(list(tmp_path.rglob("model.safetensors"))) == 12
    shown = invoke(*arguments)
    assert shown.exit_code == 0, shown.output
    assert "paired over questions" in " ".join(shown.output.split())
    assert rerun_reading(result, device="cpu").scores == result.scores


def test_a_stopped_training_goes_on_to_the_same_bits(place: Path, tmp_path: Path) -> None:
    more = ("--steps", "12", "--dropout", "0.1")
    stopped, whole = tmp_path / "stopped", tmp_path / "whole"
    for _ in range(3):
        paused = train(place, stopped, *more, "--hours", "0.00000001")
        assert paused.exit_code == 0
        assert "the same command goes on" in paused.output
        assert not stopped.exists()
    for output in (stopped, whole):
        assert train(place, output, *more).exit_code == 0
    assert (stopped / "log.jsonl").read_text().count('"resumed"') == 3
    weights = load_file(stopped / "model.safetensors")
    for name, weight in load_file(whole / "model.safetensors").items():
        assert (weights[name] == weight).all(), name


def test_ask_says_where_the_answer_stands(reader: Path, tmp_path: Path) -> None:
    text = "Nothing here .\n\nIn the year 1950 Anna made bread at home .\n"
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    arguments = (
        "reading", "ask", "Who made bread ?", "--context", tmp_path / "text.txt", "--reader",
        reader, "--out", tmp_path / "runs", "--n-best", "4", "--dtype", "fp32",
    )  # fmt: skip
    result = result_of(*arguments)
    rows = result.tables["answers"]
    assert [row["rank"] for row in rows] == [1, 2, 3, 4]
    for row in rows:
        start, line, column = (int(str(row[name])) for name in ("start", "line", "column"))
        assert text[start : int(str(row["end"]))] == row["answer"]
        said = str(row["answer"]).split("\n")[0]  # it may go over the end of a line
        assert text.split("\n")[line - 1][column - 1 :].startswith(said)
    shares = [float(str(row["probability"])) for row in rows]
    assert shares == sorted(shares, reverse=True)
    assert result.tables["questions"][0]["answer"] == rows[0]["answer"]
    shown = invoke(*arguments)
    assert f"text.txt:{rows[0]['line']}:{rows[0]['column']}" in shown.output
    assert rerun_reading(result, device="cpu").tables == result.tables


RIGHT_TO_LEFT = "كتب أحمد الرسالة في عام ٢٠٠١.\nקָרָא דָּוִד אֶת הַסֵּפֶר.\nCafe\u0301 s\u0327a\u0300 naïve."


def test_right_to_left_and_combining_characters(reader: Path, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(RIGHT_TO_LEFT, encoding="utf-8")
    result = result_of(
        "reading", "ask", "מי ?", "من كتب ؟", "cafe\u0301 ?", "--context", tmp_path / "text.txt",
        "--reader", reader, "--out", tmp_path / "runs", "--n-best", "20", "--dtype", "fp32",
    )  # fmt: skip
    import unicodedata

    for row in result.tables["answers"]:
        start, end = int(str(row["start"])), int(str(row["end"]))
        assert RIGHT_TO_LEFT[start:end] == row["answer"]
        # No answer begins with an accent, or leaves behind one of its own.
        assert not unicodedata.category(RIGHT_TO_LEFT[start]).startswith("M")
        assert not unicodedata.category((RIGHT_TO_LEFT + " ")[end]).startswith("M")


def test_a_context_of_100_000_characters(reader: Path, tmp_path: Path) -> None:
    filler = "In the year 1900 someone was at home . " * 2600
    text = filler[:60_000] + " In the year 1950 Anna made bread at home . " + filler[:40_000]
    (tmp_path / "long.txt").write_text(text, encoding="utf-8")
    result = result_of(
        "reading", "ask", "Who made bread ?", "--context", tmp_path / "long.txt", "--reader",
        reader, "--out", tmp_path / "runs", "--dtype", "fp32",
    )  # fmt: skip
    assert len(text) > 100_000
    for row in result.tables["answers"]:
        assert text[int(str(row["start"])) : int(str(row["end"]))] == row["answer"]


def written(folder: Path, content: object) -> Path:
    path = folder / "given.json"
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")
    return path


def one_question(context: str, **changed: Any) -> dict[str, Any]:
    asked = {"id": "1", "question": "Who?", "answers": [{"text": "Anna", "answer_start": 0}]}
    paragraph = {"context": context, "qas": [asked | changed]}
    return {"data": [{"title": "one", "paragraphs": [paragraph]}]}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"data": [\n {"title" "x"}]}', "line 2, column 11: not JSON"),
        (one_question("Anna was here .", answers=[]), "none of its 1 questions has an answer"),
        (one_question("   "), "paragraphs have no text"),
        ({"data": []}, "holds no question"),
        ({"version": "1.1"}, "no field `data`"),
    ],
)
def test_bad_files(reader: Path, tmp_path: Path, content: object, says: str) -> None:
    path = written(tmp_path, content)
    done = invoke("reading", "evaluate", "--reader", reader, f"--test=en={path}")
    assert isinstance(done.exception, FirthError), done.output
    assert says in str(done.exception)
    assert "\n" not in str(done.exception)


def test_an_answer_outside_its_context_counts_for_scoring_only(
    reader: Path, place: Path, tmp_path: Path
) -> None:
    outside = [{"text": "Zoe", "answer_start": 900}]
    path = written(tmp_path, one_question("Anna was here .", answers=outside))
    result = result_of(
        "reading", "evaluate", "--reader", reader, f"--test=en={path}", "--out", tmp_path / "runs"
    )
    assert any("did not stand at their offset" in one for one in result.warnings)
    assert result.rows("f1", scorer="squad")[0].value == 0
    done = invoke(
        "reading", "train", f"--train=en={path}", "--output", tmp_path / "new", "--model",
        place / "encoder", "--held-out", "0", *TRAINING,
    )  # fmt: skip
    assert isinstance(done.exception, FirthError)
    assert "no question is left to learn from" in str(done.exception)


def test_questions_without_an_answer_get_a_threshold(place: Path, tmp_path: Path) -> None:
    content = questions("en", 12)
    for article in content["data"][::2]:
        for one in article["paragraphs"][0]["qas"]:
            one |= {"question": "Who slept ?", "answers": [], "is_impossible": True}
    path = written(tmp_path, content)
    output = tmp_path / "reader"
    done = invoke(
        "reading", "train", f"--train=en={path}", "--output", output, "--model",
        place / "encoder", "--held-out", "0.3", "--steps", "30", *TRAINING,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    settings = json.loads((output / "reader.json").read_text())
    assert isinstance(settings["threshold"], float)
    result = result_of(
        "reading", "evaluate", "--reader", output, f"--test=en={path}", "--out", tmp_path / "runs"
    )
    assert {row.scorer for row in result.scores} == {"squad2"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train", "--train", "en.json", "--output", "r"], "write LANGUAGE=FILE"),
        (["train", "--train", "en=missing.json", "--output", "r"], "cannot be read"),
        (["train", "--train", "en={en}", "--output", "{encoder}"], "is no reader of firth's"),
        (["train", "--train", "en={en}", "--output", "r", "--rate", "7"], "between 0 and 1"),
        (["train", "--train", "en={en}", "--output", "r", "--epochs", "0"], "above 0"),
        (["train", "--train", "en={en}", "--output", "r", "--length", "400"], "48 tokens at most"),
        (["train", "--train", "en={en}", "--output", "r", "--frozen-layers", "9"], "to 2"),
        (["train", "--train", "en={en}", "--output", "r", "--questions", "99"], "legal are 1 to"),
        (["train", "--train", "en={en}", "--output", "r", "--held-out", "1"], "from 0 to below 1"),
        (["train", "--train", "en={en}", "--output", "r", "--hours", "0"], "above 0"),
        (["evaluate"], "give --test zh=FILE"),
        (["evaluate", "--test", "zh={zh}", "--reader", "{encoder}"], "has no span head"),
        (["ask", "who?", "--context", "{empty}"], "is empty"),
        (["arms", "--train", "en={en}"], "give --train"),
        (["arms", "--train", "en={en}", "--test", "en={copy}"], "are also learnt from"),
        (["arms", "--train", "en={en}", "--test", "zh={zh}", "--arm", "bth"], "Did you mean"),
        (["arms", "--train", "en={en}", "--test", "zh={zh}", "--source", "fr"], "is no language"),
        (["arms", "--train", "en={en}", "--test", "zh={zh}", "--questions", "999"], "en has 48"),
    ],
)
def test_mistakes(place: Path, tmp_path: Path, arguments: list[str], says: str) -> None:
    (tmp_path / "empty.txt").write_text("\n \n", encoding="utf-8")
    (tmp_path / "copy.json").write_bytes((place / "en.json").read_bytes())
    places = {
        "en": place / "en.json", "zh": place / "zh.json", "encoder": place / "encoder",
        "empty": tmp_path / "empty.txt", "copy": tmp_path / "copy.json",
    }  # fmt: skip
    given = [one.format(**places) for one in arguments]
    if given[0] in ("train", "arms"):
        given += ["--model", str(place / "encoder")]
        given = [str(tmp_path / "r") if one == "r" else one for one in given]
    done = invoke("reading", *given)
    assert isinstance(done.exception, FirthError), done.output
    assert says in str(done.exception)
    assert "\n" not in str(done.exception)


def test_without_a_reader_the_one_aboard_answers(tmp_path: Path) -> None:
    from firth.encoder.compact_reader import ABOARD, WEIGHTS

    if not (ABOARD / WEIGHTS).exists():
        pytest.skip("no reader travels with this edition")
    text = "老磨坊在1931年由艾达·布鲁克买下。\n她的哥哥种下了苹果树。"
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    result = result_of(
        "reading", "ask", "谁买下了磨坊？", "--context", tmp_path / "text.txt", "--out", tmp_path
    )
    assert result.tables["questions"][0]["answer"] == "艾达·布鲁克"
    first = result.tables["answers"][0]
    assert (first["line"], first["column"], first["start"]) == (1, 11, 10)
    assert result.model.name == "mini reader"
    assert rerun_reading(result).tables == result.tables
