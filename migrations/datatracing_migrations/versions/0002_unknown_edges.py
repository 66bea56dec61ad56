"""Runs say whose dependencies their orchestrator may not know in full."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Runs from before this have none: what wrote them knew all edges."""
    op.add_column("runs", sa.Column("unknown_edges", sa.Text, nullable=False, server_default="[]"))


def downgrade() -> None:
    """Forget them."""
    op.drop_column("runs", "unknown_edges")
