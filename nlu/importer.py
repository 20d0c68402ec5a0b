"""Rasa's own reading of our files, done once.

Rasa 3.6.21 wraps every importer three times; each layer asks for the sentences anew (under another language, which
changes nothing) and copies them all: two thirds of the time before anything is learned. What the layers add, texts
of stories and retrieval intents, we do not have.
"""

from functools import cached_property

from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.training_data import TrainingData


class ReadOnce(RasaFileImporter):
    """The files as Rasa reads and checks them; a domain that cannot be read stops the training."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """All sentences; the language is not looked at, as in Rasa's reader of YAML."""
        return self._nlu_data

    def get_domain(self) -> Domain:
        """Raises InvalidDomain."""
        return self._domain

    @cached_property
    def _nlu_data(self) -> TrainingData:
        return super().get_nlu_data()

    @cached_property
    def _domain(self) -> Domain:
        return Domain.load(self._domain_path) if self._domain_path else Domain.empty()
