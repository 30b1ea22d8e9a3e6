"""`python -m ioc`, which is what `.venv/bin/ioc` runs."""

from ioc.main import app

app(prog_name="ioc")
