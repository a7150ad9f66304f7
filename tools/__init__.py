"""Programs for those who work on Quanyu: environment, assets, messages, rows."""
