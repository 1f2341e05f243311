"""``python -m infonb``: the command line."""

from infonb.cli import main

if __name__ == "__main__":
    main(prog_name="infonb")
