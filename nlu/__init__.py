"""Rasa components that understand residents' Vietnamese; they know nothing of the service."""
