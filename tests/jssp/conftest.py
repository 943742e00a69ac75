import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of reference data outside the repository, or a skip where it is absent."""
    given = os.environ.get("SCHED_SHARED_DATA")
    root = Path(__file__).resolve().parents[2]
    folder = Path(given) if given else root.parent / "shared" / "data"
    if not (folder / "jssp").is_dir():
        pytest.skip("no reference data: set SCHED_SHARED_DATA, or put it into ../shared/data")
    return folder
