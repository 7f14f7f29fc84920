"""The bot's own pieces: how it reads a text, what it takes from it, and the door it is spoken to through."""
