"""Who is asking: accounts, stations, sessions and the short-lived tickets of the WebSocket."""
