"""JSON text in and out: strict reading, and a layout that is stable to the byte and pleasant to compare."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from schedcore.errors import FormatError
from schedcore.model.fields import shown


def parse_json(text: str, source: str = "text") -> Any:
    """The data in ``text``; ``source`` is named in errors.

    Stricter than the standard library: no ``NaN`` or ``Infinity``, no key twice in an object.

    Raises
    ------
    FormatError
        With the line, for anything that is no JSON.
    """

    def refuse(name: str) -> NoReturn:
        raise FormatError(f"{name} is no JSON", where=source, remedy="write a finite number, or leave the key out")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise FormatError(f"key {shown(twice)} occurs twice in an object", where=source, remedy="keep one of them")
        return found

    try:
        return json.loads(text, parse_constant=refuse, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        where = f"{source}:{error.lineno}"
        if error.pos >= len(text.rstrip()):
            raise FormatError("the JSON text ends too early", where=where, remedy="the file is cut off") from None
        what = f"not valid JSON: {error.msg} (column {error.colno})"
        raise FormatError(what, where=where, remedy="correct the text there") from None
    except RecursionError:
        raise FormatError("the JSON text is nested too deeply", where=source, remedy="check how it was made") from None
    except ValueError:  # a number with more digits than Python converts
        raise FormatError("a number has thousands of digits", where=source, remedy="check how it was made") from None


def json_text(data: dict[str, Any]) -> str:
    """``data`` as text: keys sorted, one line per item of a long list, ASCII, a line feed at the end.

    Equal data give equal bytes.  Raises ``ValueError`` for numbers that are not finite.
    """
    return _layout(data, 0) + "\n"


def _layout(value: Any, depth: int) -> str:
    if isinstance(value, dict) and value and depth < 2:
        items = [f"{json.dumps(key)}: {_layout(value[key], depth + 1)}" for key in sorted(value)]
        return "{\n" + ",\n".join(items) + "\n}"
    if isinstance(value, list) and any(isinstance(item, list | dict) for item in value):
        return "[\n" + ",\n".join(map(_compact, value)) + "\n]"
    return _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
