"""Our own signed webhook, inwards: for Wi-Fi, RFID, vending machines, live-streams, group buying and the rest."""
