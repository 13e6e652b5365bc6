"""Whom to tell of what happened to incidents, and telling them."""
