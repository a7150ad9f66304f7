from .campaign import Campaign, CampaignTemplate
from .delivery import Batch, ContactCount, Delivery, Receipt

__all__ = ["Batch", "Campaign", "CampaignTemplate", "ContactCount", "Delivery", "Receipt"]
