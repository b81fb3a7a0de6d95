"""Requests that are sent again because their answer was lost: carried out once, answered each time."""
