"""The schema-drift function: did a delivery keep the shape that its contract promises?"""
