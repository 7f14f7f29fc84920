"""The WhatsApp name last seen at an address (a hash), and when a signed-in browser last watched the alerts

Revision: 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('address', sa.Column('profile_hash', sa.String(length=64), nullable=True))
    op.add_column('staff_session', sa.Column('watched_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('staff_session', 'watched_at')
    op.drop_column('address', 'profile_hash')
