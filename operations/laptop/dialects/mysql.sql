-- The shop's stock in MySQL. changed_at is when a row was last written. Keys differ where a letter's case does, as in the lake.
CREATE TABLE IF NOT EXISTS shop.stock_levels (
    sku varchar(20) NOT NULL,
    location varchar(10) NOT NULL,
    quantity integer NOT NULL,
    reorder_point integer,
    unit_cost numeric(12, 2) NOT NULL,
    counted_at datetime(6),
    changed_at timestamp(6) NOT NULL DEFAULT now(6),
    note varchar(200),
    PRIMARY KEY (sku, location)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
