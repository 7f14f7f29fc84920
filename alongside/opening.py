"""What a command begins with: the settings and the wired service, or plain words on what is wrong and exit status 2."""

from __future__ import annotations

from collections.abc import Callable

import typer

from alongside import settings as configuration
from alongside.logging import set_up


def settings_or_exit() -> configuration.Settings:
    """The settings of this process. Raises typer.Exit when one is missing or wrong."""
    try:
        return configuration.load()
    except configuration.SettingsWrong as wrong:
        typer.echo(str(wrong), err=True)
        raise typer.Exit(2) from None


def templates_or_exit(load: Callable[[], object]) -> None:
    """Stop when the file of WhatsApp templates is broken: only the worker needs it, and would end again and again beside an open door.

    Raises typer.Exit.
    """
    from messaging.templates import TemplatesWrong

    try:
        load()
    except TemplatesWrong as wrong:
        typer.echo(str(wrong), err=True)
        raise typer.Exit(2) from None


def house_or_exit(program: str, *, checked: bool = True, patience: float | None = None):
    """The service (`alongside.wiring.House`), its log set up for `program`; `patience` as of `Database`. Raises typer.Exit when settings or tables are not right."""
    # Read only now: a command that needs no service starts in a moment.
    from alongside.wiring import House
    from casefile.migrate import WrongVersion

    settings = settings_or_exit()
    set_up(program, settings.log_level)
    try:
        return House(settings, checked=checked, patience=patience)
    except WrongVersion as wrong:
        typer.echo(str(wrong), err=True)
        raise typer.Exit(2) from None
