"""Requests in, documents and problems out. Only here do HTTP statuses and JSON exist."""
