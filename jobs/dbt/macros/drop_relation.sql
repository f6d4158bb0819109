{#
  Athena drops every relation of this project itself: all are Iceberg tables or views. The adapter's own macro does so
  where a node says `native_drop`; a snapshot's staging table is dropped outside of its node, and would be deleted from
  S3 and Glue with rights that the task's role has not.
#}
{% macro athena__drop_relation(relation) -%}
    {%- do drop_relation_sql(relation) -%}
{%- endmacro %}
