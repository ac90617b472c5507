"""The ledger of corrections: what the model drew, what a person made of it; append-only, free of identities.

Its folder holds ``entries.jsonl`` (the chain), ``head.json`` (its length and end), ``masks`` and ``pseudonym.key``. The
key stays behind when the ledger is given away.
"""

from BratsSegmenterLib.ledger.corrections import Correction, LedgerEntry
from BratsSegmenterLib.ledger.ledger import Ledger
from BratsSegmenterLib.ledger.pseudonyms import Pseudonyms

__all__ = ["Correction", "Ledger", "LedgerEntry", "Pseudonyms"]
