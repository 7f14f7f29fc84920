"""A stand-in for Twilio with phones you can type on: for the demo, the tests and the benchmarks.

It speaks Twilio's REST API to the real `twilio` client, posts signed webhooks to the app as Twilio does, and can be told
to misbehave as Twilio and the mobile networks do (PUT /faults). It ships with the product and is never imported by it:
the app only ever meets it over HTTP.

    app.py       create_app: the routes put together; door.py lets requests in (auth, outages, refusals)
    config.py    what a simulator is started with             clock.py     simulated time, and what is due when
    store.py     messages, calls, phones, templates           faults.py    what goes wrong, how often
    courier.py   signed webhooks, retries, the fallback URL   simulation.py  all of the above in one object

    messages.py  -> delivery.py     what we send, and what becomes of it
    inbound.py                      what a phone sends us, STOP keywords
    templates.py, rest_content.py   WhatsApp templates
    voice.py     -> twiml.py        calls: ringing, machines, TwiML, keys
    phones.py, controls.py, page/   the people's side: phones, faults, the page
"""
