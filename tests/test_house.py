"""The shape of the house: data flows one way, and no room imports from one that stands after it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import infonb

PACKAGE = Path(infonb.__file__).parent

#: Rooms on one line; a file imports only from rooms before its own, or from its own.
#: Rooms in one group may not import each other, unless the group says so by its order.
ORDER = [
    {"validate", "progress", "version", "dims", "streams", "start"},
    {"storage", "parameters"},
    {"data"},
    {"networks"},
    {"training"},
    {"activations"},
    {"measures"},
    {"memorization", "probing"},
    {"claims"},
    {"selection"},
    {"plots"},
    {"widgets"},
    {"experiments"},
    {"reports"},
    {"cli"},
    {"__init__", "__main__"},
]
PLACE = {room: place for place, rooms in enumerate(ORDER) for room in rooms}


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


@cache
def imports(path: Path) -> frozenset[str]:
    """The modules of the package that a file imports, also inside functions and for types."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: a relative import"
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (below & FILES.keys()) or {node.module}
    return frozenset(name for name in found if name in FILES)


def test_every_room_has_its_place():
    assert {room_of(module) for module in FILES} <= PLACE.keys()


def test_no_import_points_up():
    wrong = [
        f"{module} imports {other}"
        for module, path in FILES.items()
        for other in sorted(imports(path))
        if PLACE[room_of(other)] > PLACE[room_of(module)]
    ]
    assert not wrong


def test_no_circle():
    graph = {module: imports(path) - {module} for module, path in FILES.items()}
    left = dict(graph)
    while left:
        # a module without imports that are left goes; what stays at the end is circles
        free = {module for module, others in left.items() if not others & left.keys()}
        if not free:
            break
        left = {module: others for module, others in left.items() if module not in free}
    assert not left, f"imports in a circle among {sorted(left)}"
