"""Who is asking, and what they may do: accounts, signing in, sessions, stations."""
