"""Hands mail to a server. Blocking work runs in a thread of its own; one line is one connection."""

import asyncio
import smtplib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from email.utils import formatdate

from ..base import Account, Answer, Outgoing, Receipt, SendFailed

SECONDS = 10  # the longest silence of a mail server


class SmtpConnector:
    """``settings``: host, port, user, sender (the From line), security (``starttls``, ``tls`` or ``none``)."""

    is_local = False
    size, width = 50, 1

    def __init__(self, account: Account) -> None:
        self.account = account
        self.server: smtplib.SMTP | None = None

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
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            return SendFailed(f"connect: {_words(error)}")
        try:
            mail = self._mail(message)
        except ValueError as error:  # a line break in an address or a subject
            return SendFailed(_words(error), permanent=True)
        try:
            server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _text in error.recipients.values()]
            return SendFailed(f"refused: {codes}", permanent=all(code >= 500 for code in codes))
        except smtplib.SMTPResponseException as error:
            return SendFailed(f"answer {error.smtp_code}", permanent=error.smtp_code >= 500)
        except (OSError, smtplib.SMTPException) as error:  # cut off: perhaps the server has it
            self._hang_up()
            return SendFailed(_words(error), is_unknown=True)
        return Receipt(reference=str(mail["Message-ID"])[:80])

    def _mail(self, message: Outgoing) -> EmailMessage:
        mail = EmailMessage()
        sender = str(self.account.settings["sender"])
        mail["From"], mail["To"], mail["Subject"] = sender, message.address, message.subject
        mail["Date"] = formatdate()
        mail["Message-ID"] = f"<{message.key or 'm'}@{sender.rpartition('@')[2].strip('> ') or 'localhost'}>"
        if message.unsubscribe:
            mail["List-Unsubscribe"] = f"<{message.unsubscribe}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(message.text)
        return mail

    def _connected(self) -> smtplib.SMTP:
        if self.server is not None:
            return self.server
        known = self.account.settings
        kind = smtplib.SMTP_SSL if known.get("security") == "tls" else smtplib.SMTP
        self.server = kind(str(known["host"]), int(known["port"]), timeout=SECONDS)
        if known.get("security", "starttls") == "starttls":
            self.server.starttls()
        if known.get("user"):
            self.server.login(str(known["user"]), self.account.secret)
        return self.server

    def _hang_up(self) -> None:
        if self.server is not None:
            with suppress(OSError, smtplib.SMTPException):
                self.server.quit()
            self.server = None


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:120]
