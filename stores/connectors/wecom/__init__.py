"""WeCom (企业微信): contacts of employees, welcome words, live codes."""
