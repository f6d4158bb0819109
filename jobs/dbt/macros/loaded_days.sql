{#- The days that this build is about, as the run passes them: `--vars '{ingest_date: ["2013-01-01"]}'`.
    None means all days: right at any time, only slower. The newest day would be wrong, since a late file belongs
    to an old one. -#}
{% macro loaded_days() %}
    {%- set days = var('ingest_date', []) -%}
    {%- set days = [days] if days is string else days -%}
    {%- for day in days if not modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', day | string) -%}
        {{ exceptions.raise_compiler_error("var ingest_date: " ~ day ~ " is no date, write YYYY-MM-DD") }}
    {%- endfor -%}
    {{ return(days) }}
{% endmacro %}

{#- The days as a SQL list of dates. -#}
{% macro day_list(days) %}
    {%- for day in days %}date '{{ day }}'{{ ", " if not loop.last }}{% endfor -%}
{% endmacro %}
