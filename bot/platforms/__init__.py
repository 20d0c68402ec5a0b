"""What channels that speak HTTP are made of: connections, files, background work, texts. Knows no platform."""
