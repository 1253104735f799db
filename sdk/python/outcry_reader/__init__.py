"""Reads Outcry's log and rebuilds bars and room history; see docs/READERS.md."""
