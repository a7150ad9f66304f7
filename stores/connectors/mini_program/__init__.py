"""WeChat mini-programs: who is there, their phone, codes that carry a store."""
