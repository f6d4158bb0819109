{#- The rows of a source's newest snapshot: its whole state as of the last day that was delivered. -#}
{% macro in_newest_snapshot(relation) %}
    {{- "_ingest_date = (select max(_ingest_date) from " ~ relation ~ ")" -}}
{% endmacro %}
