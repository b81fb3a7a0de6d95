"""The sessions of people and stations: cookies, who is behind a request, and the door of every handler."""
