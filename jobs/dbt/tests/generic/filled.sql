{#- Fails with every row in which one of the columns is empty. One query a table: Athena bills each query for 10 MB. -#}
{% test filled(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
where {% for column in columns %}{{ column }} is null{{ " or " if not loop.last }}{% endfor %}
{% endtest %}
