"""Covering arrays: few rows in which every few values meet, and what it takes to fail there."""
