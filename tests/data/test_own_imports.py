"""What a user's file imports from its own folder is found without running it."""

from __future__ import annotations

import pytest

from infonb.data.own_imports import imported_files


@pytest.fixture
def folder(tmp_path):
    files = {
        "net.py": "import os\nfrom layers.blocks import Block\nfrom layers import sizes as s\n",
        "train.py": "import far.deep.down\n",
        "layers/__init__.py": "from .init import *\n",
        "layers/init.py": "",
        "layers/blocks.py": "from . import parts\nfrom .deeper.one import x\n",
        "layers/parts.py": "def broken(:\n",
        "layers/sizes.py": "import json, net",
        "layers/deeper/one.py": "from ..unused import y\n",
        "layers/unused.py": "",
        "layers/never.py": "",
        "far/deep/down.py": "",  # folders without __init__.py
        "other/alone.py": "",
    }
    for name, text in files.items():
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return tmp_path, files


def test_all_that_is_imported_and_what_stands_beside(folder):
    root, files = folder
    found = {
        path.relative_to(root.resolve()).as_posix() for path in imported_files(root / "net.py")
    }
    assert found == set(files) - {"layers/never.py", "other/alone.py"}
