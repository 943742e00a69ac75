"""Traces from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmserve.workload import Arrivals, make_workload, read_trace
from schedcore.errors import FormatError, InputError


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_csv_with_our_names(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "prompt_tokens,output_tokens,arrival_s\n5,6,2.5\n7,8,1.5\n")
    trace = read_trace(path)
    assert trace.prompt_tokens.tolist() == [7, 5]  # by arrival
    assert trace.output_tokens.tolist() == [8, 6]
    assert trace.arrival_s.tolist() == [0.0, 1.0]
    assert trace.name == "t"


def test_azure_names_and_dates(tmp_path: Path) -> None:
    text = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.5,100,10\n2023-11-16 18:15:48,200,20\n"
    trace = read_trace(written(tmp_path, "azure.csv", text))
    assert trace.arrival_s.tolist() == [0.0, 1.5]
    assert trace.prompt_tokens.tolist() == [100, 200]


def test_json_lines_with_conversations(tmp_path: Path) -> None:
    text = '{"input": 10, "output": 5, "session": "a"}\n\n{"input": 3, "output": 4, "session": "a"}\n'
    trace = read_trace(written(tmp_path, "c.jsonl", text))
    assert trace.follows.tolist() == [-1, 0]
    assert trace.prompt_tokens.tolist() == [10, 18]  # 10 + 5 were said before


def test_a_trace_as_workload(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "input,output,arrival\n" + "".join(f"5,5,{i}\n" for i in range(10)))
    assert len(make_workload(str(path), requests=4)) == 4
    assert len(make_workload("t.csv", duration_s=4.5, data_dirs=(tmp_path,))) == 5
    faster = make_workload(str(path), arrivals=Arrivals("uniform", 10.0))
    assert faster.arrival_s[-1] == pytest.approx(1.0)
    with pytest.raises(InputError, match="no request arrives in 0.01 s"):
        make_workload(str(path), duration_s=0.01, arrivals=Arrivals("uniform", 10.0))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "prompt,output\n0,5\n", "a.csv:2: prompt is 0"),
        ("b.csv", "prompt,output\n5,5\n5,9999999999\n", "b.csv:3: output is 9999999999"),
        ("c.csv", "prompt,output\n5,many\n", "output is 'many'"),
        ("d.csv", "prompt,output\n2.5,5\n", "prompt is 2.5"),
        ("e.csv", "prompt,output\n5\n", "1 values for 2 columns"),
        ("f.csv", "length,output\n5,5\n", "no column with the length of the prompt"),
        ("g.csv", "prompt,output\n", "no requests"),
        ("h.csv", "prompt,output,arrival\n5,5,soon\n", "arrival 'soon'"),
        ("i.jsonl", "{bad\n", "i.jsonl:1: no JSON"),
        ("j.jsonl", "[1]\n", "no JSON object"),
        ("k.jsonl", '{"prompt": true, "output": 1}\n', "prompt is True"),
        ("l.jsonl", '{"prompt": 1e400, "output": 1}\n', "prompt is inf"),
    ],
)
def test_bad_files_are_refused_with_file_and_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_trace(written(tmp_path, name, text))


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="suffix '.txt'"):
        read_trace(tmp_path / "x.txt")
    with pytest.raises(InputError, match="cannot read"):
        read_trace(tmp_path / "x.csv")
    (tmp_path / "y.csv").write_bytes(b"prompt,output\n\xff\xfe,1\n")
    with pytest.raises(FormatError, match="not UTF-8"):
        read_trace(tmp_path / "y.csv")
    chats = written(tmp_path, "z.csv", "prompt,output,session\n5,5,a\n20,5,a\n")
    with pytest.raises(InputError, match="cannot be cut by time"):
        make_workload(str(chats), duration_s=5.0)
