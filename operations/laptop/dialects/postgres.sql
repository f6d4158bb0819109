-- The shop's own tables, as its web shop and tills write them. changed_at is when a row was last written: what is new is told by it.
CREATE TABLE IF NOT EXISTS public.customers (
    customer_id text PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL,
    phone text,
    date_of_birth date,
    address_line text,
    suburb text,
    state text NOT NULL,
    postcode text,
    loyalty_tier text,
    loyalty_card text,
    marketing_consent boolean NOT NULL,
    created_at timestamp NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS public.orders (
    order_id text PRIMARY KEY,
    customer_id text NOT NULL, -- an order may come before its customer
    ordered_at timestamp NOT NULL,
    updated_at timestamp NOT NULL,
    state text NOT NULL,
    channel text NOT NULL,
    status text NOT NULL,
    total numeric(12, 2) NOT NULL,
    contact_email text,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS public.order_items (
    order_id text NOT NULL,
    line integer NOT NULL,
    sku text NOT NULL,
    quantity integer NOT NULL,
    unit_price numeric(10, 2) NOT NULL,
    discount numeric(10, 2) NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, line)
);
CREATE TABLE IF NOT EXISTS public.stock_levels (
    sku varchar(20) NOT NULL,
    location varchar(10) NOT NULL,
    quantity integer NOT NULL,
    reorder_point integer,
    unit_cost numeric(12, 2) NOT NULL,
    counted_at timestamp,
    changed_at timestamptz NOT NULL DEFAULT now(),
    note varchar(200),
    PRIMARY KEY (sku, location)
);
CREATE INDEX IF NOT EXISTS customers_changed_at ON public.customers (changed_at);
CREATE INDEX IF NOT EXISTS orders_changed_at ON public.orders (changed_at);
CREATE INDEX IF NOT EXISTS order_items_changed_at ON public.order_items (changed_at);

-- The days that the demo has written.
CREATE TABLE IF NOT EXISTS public.demo_days (day date PRIMARY KEY);

-- The extractor: it logs in by IAM, has no password, and reads what contracts name.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'extractor') THEN
        CREATE ROLE extractor LOGIN;
    END IF;
END
$$;
GRANT rds_iam TO extractor;
GRANT USAGE ON SCHEMA public TO extractor;
GRANT SELECT ON public.customers, public.orders, public.order_items TO extractor;
