"""Make the parts from the settings: the one place that knows them all."""

from __future__ import annotations

import logging
from functools import cached_property

from alongside.settings import Settings
from casefile import encryption
from casefile.database import Database
from casefile.migrate import require_current
from messaging.catalogue import Catalogue
from messaging.gateway import Gateway
from messaging.run import Senders
from messaging.templates import Templates
from messaging.twilio_gateway import TwilioGateway
from translation.translate import Translator
from triage.bot_client import Bot
from triage.phrases import PhraseBook
from triage.reserve import Reserve
from triage.run import Tools
from triage.wishes import WishBook

log = logging.getLogger(__name__)


class House:
    """Every part of one running service, each made when first needed."""

    def __init__(self, settings: Settings, *, checked: bool = True, patience: float | None = None):
        self.settings = settings
        encryption.configure(settings.secret_keys)
        self.database = Database(settings.database_url, patience=patience)
        if checked:
            require_current(self.database)

    @cached_property
    def catalogue(self) -> Catalogue:
        catalogue = Catalogue.load()
        if catalogue.damaged:
            log.error(catalogue.damaged)
        return catalogue

    @cached_property
    def book(self) -> PhraseBook:
        return PhraseBook.load()

    @cached_property
    def wishes(self) -> WishBook:
        return WishBook.load()

    @cached_property
    def bot(self) -> Bot:
        return Bot(self.settings.bot_url, self.settings.bot_key, self.settings.bot_timeout)

    @cached_property
    def translator(self) -> Translator:
        return Translator(self.settings.packages_dir)

    @cached_property
    def gateway(self) -> Gateway:
        s = self.settings
        return TwilioGateway(account_sid=s.twilio_account_sid, auth_token=s.twilio_auth_tokens[0], api_url=s.twilio_api_url or None,
                             public_url=s.public_url)

    @cached_property
    def senders(self) -> Senders:
        s = self.settings
        return Senders(s.sms_sender, s.whatsapp_sender, s.voice_sender, s.sends_per_second)

    @cached_property
    def templates(self) -> Templates:
        return Templates.load(self.settings.whatsapp_templates, self.catalogue)

    @cached_property
    def reserve(self) -> Reserve | None:
        """None when there is no model, or none that can be used: the spare must never stop the service. `alongside check` names the fault."""
        try:
            return Reserve.load(self.settings.reserve_model)
        except Exception as error:
            log.error("the reserve's model cannot be used: %s", type(error).__name__)
            return None

    @cached_property
    def triage(self) -> Tools:
        return Tools(self.database, self.book, self.catalogue, self.bot, self.reserve, self.wishes)

    def close(self) -> None:
        self.database.close()
        if "bot" in self.__dict__:
            self.bot.close()
