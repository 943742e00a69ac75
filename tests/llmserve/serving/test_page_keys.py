"""Keys of pages."""

from __future__ import annotations

from llmserve.serving import PageKeys, page_keys


def test_equal_beginnings_have_equal_keys() -> None:
    one = page_keys([1, 2, 3, 4, 5, 6, 7], 3)
    two = page_keys([1, 2, 3, 4, 5, 9], 3)
    assert len(one) == len(two) == 2
    assert one[0] == two[0]
    assert one[1] != two[1]
    # The same page behind another beginning is another content.
    assert page_keys([9, 2, 3, 4, 5, 6], 3)[1] != one[1]
    assert page_keys([1, 2, 3], 3, b"other model") != one[:1]


def test_a_growing_text_has_the_keys_of_the_whole() -> None:
    keys = PageKeys(4)
    for token in range(11):
        keys.extend([token])
    assert tuple(keys.keys) == page_keys(range(11), 4)
    assert page_keys([1, 2, 3], 4) == ()
