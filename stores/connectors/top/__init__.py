"""Tmall and Taobao (TOP): the transport. The member methods' payloads are not public: members come by file."""
