"""What a report needs of the system, asked for before it begins."""

from __future__ import annotations

__all__ = ["check_open_files"]

# a kernel with its sockets, libraries and fonts has 70 to 100 files open
_NEEDED = 160


def check_open_files() -> None:
    """Raise an OSError if too few files may be open at once; a limit that can be lifted is."""
    try:
        import resource
    except ImportError:  # Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= _NEEDED:
        return
    if hard != resource.RLIM_INFINITY and hard < _NEEDED:
        raise OSError(
            f"only {hard} files may be open at once, of which a report needs {_NEEDED}; raise the "
            "limit (ulimit -n 1024)."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (_NEEDED, hard))  # that of the kernel, too
