"""PostgreSQL: its own protocol, so that rows come as COPY sends them and become Arrow without a Python object a row."""
