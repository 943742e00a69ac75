import re
from pathlib import Path

import jssp


def test_every_snippet_of_the_readme_runs() -> None:
    text = (Path(jssp.__file__).parent / "README.md").read_text(encoding="utf-8")
    snippets = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(snippets) == 5
    names: dict[str, object] = {}
    for number, snippet in enumerate(snippets, 1):
        exec(compile(snippet, f"README.md snippet {number}", "exec"), names)


def test_doctests() -> None:
    import doctest
    import importlib

    attempted = 0
    for name in ("instance", "standard", "bounds", "rules", "generators.expression"):
        result = doctest.testmod(importlib.import_module(f"jssp.{name}"))
        assert result.failed == 0
        attempted += result.attempted
    assert attempted >= 8
