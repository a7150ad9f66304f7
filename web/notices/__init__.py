"""The door for platforms: they tell, we check, store and answer in their own words."""
