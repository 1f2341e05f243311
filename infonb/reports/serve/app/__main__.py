"""The server of a dashboard, as a process of its own: see `server_command`."""

from infonb.reports.serve.app.application import Dashboard

if __name__ == "__main__":
    Dashboard.launch_instance()
