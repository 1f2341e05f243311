"""The server of a dashboard, as a process of its own: see `server_command`."""

import sys

from traitlets import TraitError

from infonb.reports.serve.app.application import Dashboard

if __name__ == "__main__":
    try:
        Dashboard.launch_instance()
    except TraitError as error:  # the value of an option
        sys.exit(f"Error: {error}")
