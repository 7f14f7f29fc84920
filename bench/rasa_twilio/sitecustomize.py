"""For the benchmark of Rasa's own Twilio channel: its replies go nowhere and cost nothing, so that only its webhook is measured."""

from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

TwilioHttpClient.request = lambda self, *args, **kwargs: Response(201, '{"sid": "SM00000000000000000000000000000000"}')
