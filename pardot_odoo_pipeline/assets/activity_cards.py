"""What the assets of the lineage of visitor activities are called, and what is checked on them.

What lives here: the cards. What does not: how an asset is made (`steps`).
"""

from __future__ import annotations

from pardot_odoo_pipeline.assets.cards import AssetCard

__all__ = ["CARDS"]

CARDS: tuple[AssetCard, ...] = ()
