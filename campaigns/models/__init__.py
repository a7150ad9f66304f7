from .campaign import Campaign, CampaignTemplate
from .delivery import Batch, ContactCount, Delivery, Feedback, Receipt

__all__ = ["Batch", "Campaign", "CampaignTemplate", "ContactCount", "Delivery", "Feedback", "Receipt"]
