"""`alongside create-admin` and `alongside account ...`: accounts of colleagues, made and changed by whoever runs the service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from alongside.opening import house_or_exit

accounts = typer.Typer(no_args_is_help=True, help="Accounts of colleagues: closed and opened again, a new password, authenticator or phone.")
Password = Annotated[str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True)]


def create_admin(name: str, email: str, phone: str = "", role: Annotated[str, typer.Option(help="caseworker, manager or admin")] = "admin",
                 password: Password = "") -> None:
    """Make an account for a member of staff and show the code for the authenticator app."""
    from casefile.database import utc_now
    from casefile.staff import StaffWrong, create_staff
    from casefile.vocabulary import Role

    house = house_or_exit("create-admin")
    try:
        with house.database.write() as session:
            made = create_staff(session, name=name, email=email, password=password, role=Role(role), phone=phone or None, now=utc_now())
    except (StaffWrong, ValueError) as wrong:
        typer.echo(f"No account was made: {wrong}", err=True)
        raise typer.Exit(2) from None
    _show(made.totp_uri)


def _show(totp_uri: str) -> None:
    import segno

    segno.make(totp_uri).terminal(compact=True)
    typer.echo(f"Scan this with an authenticator app, or type it in: {totp_uri}")


@contextmanager
def _account(email: str) -> Iterator[tuple]:
    """A transaction, the account of the e-mail address, and now. Raises typer.Exit when there is none or the change is refused."""
    from casefile.database import utc_now
    from casefile.staff import StaffWrong, find

    house = house_or_exit("account")
    try:
        with house.database.write() as session:
            staff = find(session, email)
            if staff is None:
                raise StaffWrong({"email": "there is no account with this e-mail address"})
            yield session, staff, utc_now()
    except StaffWrong as wrong:
        typer.echo(f"Nothing was changed: {wrong}", err=True)
        raise typer.Exit(2) from None


@accounts.command("close")
def close(email: str) -> None:
    """Close the account of a colleague who leaves: signed out, off the rota, no longer paged; others are paged about what she held."""
    from escalation.leaving import leave

    with _account(email) as (session, staff, now):
        left = leave(session, staff, now)
    typer.echo("The account is closed.")
    if left:
        typer.echo(f"Give these people another caseworker: {', '.join(left)}")


@accounts.command("open")
def open_again(email: str) -> None:
    """Open a closed account again, with its password, authenticator and phone. It is on no rota."""
    from casefile.staff_changes import open_again

    with _account(email) as (session, staff, now):
        open_again(session, staff, now)
    typer.echo("The account is open. Add its shifts on the Team page.")


@accounts.command("password")
def password(email: str, password: Password = "") -> None:
    """Set a new password, end a lock-out and sign the colleague out everywhere. She changes it on her account page."""
    from casefile.staff import change_password

    with _account(email) as (session, staff, now):
        change_password(session, staff, password, now, by_operator=True)
    typer.echo("The password is set. Tell it to the colleague yourself; she changes it on her account page.")


@accounts.command("authenticator")
def authenticator(email: str) -> None:
    """Forget a lost authenticator, sign the colleague out everywhere, and show the code for a new one. Have her with you."""
    from casefile.staff_changes import new_authenticator

    with _account(email) as (session, staff, now):
        totp_uri = new_authenticator(session, staff, now)
    _show(totp_uri)


@accounts.command("phone")
def phone(email: str, number: Annotated[str, typer.Argument(help="The new number, or the word none")]) -> None:
    """Page a colleague on another number from now on; with `none` she cannot be paged."""
    from casefile.staff_changes import change_phone

    with _account(email) as (session, staff, now):
        change_phone(session, staff, None if number == "none" else number, now)
    typer.echo("The colleague cannot be paged any more." if number == "none" else "The phone is changed.")
