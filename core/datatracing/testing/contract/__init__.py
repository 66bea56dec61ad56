"""The suites that define a store (law 9), one for each role of the port: every sentence of it, as tests."""

from datatracing.testing.contract.identity import IdentityContract
from datatracing.testing.contract.inbox import InboxContract
from datatracing.testing.contract.ledger import LedgerContract
from datatracing.testing.contract.links import LinksContract
from datatracing.testing.contract.role import Role
from datatracing.testing.contract.runs import RunsContract
from datatracing.testing.contract.sealing import SealingContract
from datatracing.testing.contract.sharing import SharingContract
from datatracing.testing.contract.spans import SpansContract
from datatracing.testing.contract.tokens import TokensContract
from datatracing.testing.contract.unfolded import UnfoldedContract


class InboxSuite(InboxContract, UnfoldedContract, SealingContract, Role):
    """Inbox and Sealing."""


class ReaderSuite(SpansContract, RunsContract, LinksContract, IdentityContract, Role):
    """Reader."""


class LedgerSuite(LedgerContract, Role):
    """Ledger."""


class TokensSuite(TokensContract, Role):
    """Tokens."""


class StoreContract(InboxSuite, ReaderSuite, LedgerSuite, TokensSuite, SharingContract):
    """All roles in one store, and what holds between two openings of it."""
