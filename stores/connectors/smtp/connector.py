"""Hands mail to a server. Blocking work runs in a thread of its own; one line is one connection."""

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any

from ..base import Account, Answer, Outgoing, Receipt, SendFailed

SECONDS = 10  # the longest silence of a mail server


class _Plain(smtplib.SMTP):
    """A connection that knows whether the server may hold the mail: from the first byte of its text on."""

    may_have_it = False

    def data(self, msg: Any) -> Any:
        self.may_have_it = True
        return super().data(msg)


class _Encrypted(_Plain, smtplib.SMTP_SSL):
    """The same over TLS from the start."""


class SmtpConnector:
    """``settings``: host, port, user, sender (the From line), security (``starttls``, ``tls`` or ``none``).

    One mail is one call: between two of them the caller looks again at what may have changed.
    """

    is_local = False
    size, width = 1, 1

    def __init__(self, account: Account) -> None:
        self.account = account
        self.server: _Plain | None = None

    def send(self, message: Outgoing) -> Receipt:
        """One mail over a connection of its own. Raises SendFailed."""
        try:
            answer = self._answer(message)
        finally:
            self._hang_up()
        if isinstance(answer, SendFailed):
            raise answer
        return answer

    @asynccontextmanager
    async def open(self) -> AsyncIterator["SmtpConnector"]:
        """A connection that is made with the first mail and kept until the end."""
        try:
            yield self
        finally:
            await asyncio.to_thread(self._hang_up)

    async def send_many(self, messages: Sequence[Outgoing]) -> list[Answer]:
        """One mail after the other over the same connection."""
        return await asyncio.to_thread(lambda: [self._answer(message) for message in messages])

    def _answer(self, message: Outgoing) -> Answer:
        try:
            mail = self._mail(message)
        except ValueError as error:  # an address that is none, or several
            return SendFailed(_words(error), permanent=True)
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            return SendFailed(f"connect: {_words(error)}")
        try:
            server.may_have_it = False
            server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _text in error.recipients.values()]
            return self._refused(f"refused: {codes}", codes)
        except smtplib.SMTPResponseException as error:
            return self._refused(f"answer {error.smtp_code}", [error.smtp_code])
        except smtplib.SMTPNotSupportedError as error:  # an address in letters that this server does not know
            return SendFailed(_words(error), permanent=True)
        except (OSError, smtplib.SMTPException) as error:  # cut off
            may_have_it = server.may_have_it
            self._hang_up()
            return SendFailed(_words(error), is_unknown=may_have_it)
        return Receipt(reference=str(mail["Message-ID"])[:80])

    def _refused(self, words: str, codes: list[int]) -> SendFailed:
        """What the server said no to. One that says it closes (421) has closed."""
        if self.server is not None and self.server.sock is None:
            self._hang_up()
        return SendFailed(words, permanent=all(code >= 500 for code in codes))

    def _mail(self, message: Outgoing) -> EmailMessage:
        mail = EmailMessage()
        sender = str(self.account.settings["sender"])
        mail["From"], mail["To"], mail["Subject"] = sender, message.address, _one_line(message.subject)
        if len(mail["To"].addresses) != 1 or mail["To"].defects:
            raise ValueError("not one address")
        mail["Date"] = formatdate(usegmt=True)
        mail["Message-ID"] = f"<{message.key or 'm'}@{sender.rpartition('@')[2].strip('> ') or 'localhost'}>"
        if message.unsubscribe:
            mail["List-Unsubscribe"] = f"<{message.unsubscribe}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(message.text)
        return mail

    def _connected(self) -> _Plain:
        if self.server is not None:
            return self.server
        known, trusted = self.account.settings, ssl.create_default_context()
        host, port = str(known["host"]), int(known["port"])
        if known.get("security") == "tls":
            self.server = _Encrypted(host, port, timeout=SECONDS, context=trusted)
        else:
            self.server = _Plain(host, port, timeout=SECONDS)
        if known.get("security", "starttls") == "starttls":
            self.server.starttls(context=trusted)
        if known.get("user"):
            self.server.login(str(known["user"]), self.account.secret)
        return self.server

    def _hang_up(self) -> None:
        if self.server is not None:
            with suppress(OSError, smtplib.SMTPException):
                self.server.quit()
            self.server.close()
            self.server = None


def _one_line(text: str) -> str:
    """A name with a line break in it stays a name: it cannot begin a header of its own."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:120]
