"""A seeded retailer: customers, orders and items of any size, day by day, with the faults that real sources have."""
